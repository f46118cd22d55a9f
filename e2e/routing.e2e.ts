import { AxeBuilder } from '@axe-core/playwright'
import type { Bootstrap, Model } from '@atrium/contract'
import type { Locator, Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)

test('makes an A/B alias with a rule, previews it unsaved, changes it, rolls back, switches off and deletes it', async () => {
  const page = await open('/routing')
  await page.getByRole('link', { name: 'New alias' }).click()
  await page.getByRole('heading', { level: 1, name: 'New alias' }).waitFor()
  await page.getByLabel('Name', { exact: true }).fill('split')
  const plan = page.locator('section', { has: page.getByRole('heading', { name: 'Plan' }) })
  await plan.getByLabel('Strategy').selectOption('ab')
  const second = plan.getByRole('group', { name: /^Variant 2/ })
  await second.getByRole('textbox', { name: 'Variant 2' }).fill('candidate')
  await second.getByLabel(/^Share/).fill('0')
  await choose(plan.getByRole('group', { name: /^Variant 1/ }), 'openai/fake-1')
  await choose(second, 'openai/fake-echo')
  await addRule(page)
  await page.getByLabel('Why').fill('First try')
  await expectNoBarriers(page)

  const preview = page.getByRole('complementary', { name: 'Preview' })
  await preview.getByText(/No rule holds.*variant “A”/).waitFor()
  await preview.getByText('openai/fake-1', { exact: true }).first().waitFor()
  await preview.getByRole('button', { name: 'Add a pair' }).click()
  await preview.getByLabel('Name 1').fill('plan')
  await preview.getByLabel('Value 1').fill('pro')
  await preview.getByText('The rule “Paying” holds.').waitFor()
  await page.getByRole('button', { name: 'Create alias' }).click()

  const row = page.getByRole('listitem').filter({ hasText: 'split' })
  await row.getByText('A/B: A 100 %, candidate 0 % · 1 rule before it').waitFor()
  expect(await offered(page)).toContain('split')

  await row.getByRole('button', { name: 'Change split' }).click()
  await page.getByRole('heading', { level: 1, name: 'Change split' }).waitFor()
  await page.getByLabel('Hedge: call a second model').check()
  await page.getByLabel('Silent for, ms').fill('700')
  await page.getByRole('button', { name: 'Save as a new version' }).click()
  await row.getByText('hedges after 700 ms').waitFor()

  await row.getByRole('button', { name: /^Version 2/ }).click()
  const versions = page.getByRole('dialog', { name: 'Versions of split' })
  await versions.getByText('Ada Lovelace').first().waitFor()
  await versions.getByText('First try').waitFor()
  await versions.getByRole('button', { name: 'Roll back to 1' }).click()
  await versions.getByText('brings back version 1').waitFor()
  await expectNoBarriers(page)
  await versions.getByRole('button', { name: 'Close' }).click()
  await row.getByText('hedges after').waitFor({ state: 'detached' })

  await row.getByRole('switch', { name: 'split is in use' }).click()
  await page
    .getByRole('dialog', { name: 'Switch split off?' })
    .getByRole('button', { name: 'Switch split off' })
    .click()
  await row.getByText('off', { exact: true }).waitFor()
  expect(await offered(page)).not.toContain('split')
  await row.getByRole('switch', { name: 'split is in use' }).click()
  await row.getByText('off', { exact: true }).waitFor({ state: 'detached' })

  await row.getByRole('button', { name: 'Delete split' }).click()
  const confirm = page.getByRole('dialog', { name: 'Delete split?' })
  await expectNoBarriers(page)
  await confirm.getByRole('button', { name: 'Delete split' }).click()
  await row.waitFor({ state: 'detached' })
})

test('says what is wrong with a policy in the words of the form', async () => {
  visits.expectConsole(/status of 400/)
  const page = await open('/routing?alias=new')
  await page.getByLabel('Name', { exact: true }).fill('twice')
  await page.getByRole('button', { name: 'Add a model' }).click()
  await page.getByLabel('Model 1', { exact: true }).selectOption('openai/fake-1')
  await page.getByLabel('Model 2', { exact: true }).selectOption('openai/fake-1')
  await page.getByRole('complementary', { name: 'Preview' }).getByText('It cannot be tried yet.').waitFor()
  await page.getByRole('button', { name: 'Create alias' }).click()
  await page.getByRole('alert').getByText('Model 2: “openai/fake-1” is in this list twice.').waitFor()
  await expectNoBarriers(page)
})

test('keeps unsaved changes of an alias over a look at another screen, until they are discarded', async () => {
  const page = await open('/routing?alias=new')
  await page.getByLabel('Name', { exact: true }).fill('later')
  await page.getByRole('link', { name: 'Models' }).click()
  await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor()
  await page.goBack()
  await page.getByText('These changes are not saved.').waitFor()
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('later')
  await page.getByRole('button', { name: 'Discard them' }).click()
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('')
})

test('an alias that is gone says so and leads back', async () => {
  const page = await open('/routing?alias=01890000-0000-7000-8000-000000000000')
  await page.getByText('There is no such alias').waitFor()
  await page.getByRole('link', { name: 'Back to routing' }).click()
  await page.getByRole('link', { name: 'New alias' }).waitFor()
})

/** A rule for calls whose metadata says `plan: pro`, which go to the model that echoes. */
async function addRule(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add a rule' }).click()
  const rule = page.getByRole('group', { name: /^Rule 1/ })
  await rule.getByText('It has no condition').waitFor()
  await rule.getByRole('textbox', { name: 'Rule 1' }).fill('Paying')
  await rule.getByLabel('Name 1').fill('plan')
  await rule.getByLabel('Value 1').fill('pro')
  await rule.getByText('It has no condition').waitFor({ state: 'detached' })
  await choose(rule, 'openai/fake-echo')
}

const choose = (list: Locator, model: string) =>
  list.getByLabel('Model 1', { exact: true }).selectOption(model)

/** What people may choose now. */
async function offered(page: Page): Promise<string[]> {
  const { workspaces } = await read<Bootstrap>(page, '/api/v1/bootstrap')
  const { data } = await read<{ data: Model[] }>(page, `/api/v1/workspaces/${workspaces[0]?.id}/models`)
  return data.map(({ id }) => id)
}

async function read<T>(page: Page, path: string): Promise<T> {
  const response = await page.request.get(path)
  // The caller names the form that the endpoint answers with.
  return (await response.json()) as T
}

async function open(path: string): Promise<Page> {
  const page = await visits.ownerPage()
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  return page
}

async function expectNoBarriers(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect
    .soft(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)))
    .toEqual([])
}
