import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

test('runs a call in the playground, shows its code, and opens it from the usage with its why', async () => {
  await provider.enqueue(
    { text: '# Greetings\n\nThrough **the gateway**.' },
    { includes: 'Playground says hello' },
  )
  const page = await open('/playground', 'Playground')
  await page.getByLabel('Model or alias').selectOption('openai/fake-1')
  await page.getByLabel('Message').fill('Playground says hello')
  await page.getByRole('button', { name: 'Run' }).click()
  const answer = page.getByRole('region', { name: 'Answer' })
  await answer.getByRole('heading', { name: 'Greetings' }).waitFor()
  await answer.getByText('Through the gateway.').waitFor()
  await page.getByLabel('Code for').selectOption('anthropic')
  const code = await page.locator('pre').innerText()
  expect(code).toContain(`baseURL: '${app.url}'`)
  expect(code).toContain('"Playground says hello"')
  await expectNoBarriers(page)

  await expect
    .poll(async () => {
      await page.goto('/usage')
      await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor()
      await page.getByRole('heading', { name: 'Calls' }).waitFor()
      await expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0)
      return page.getByRole('row', { name: /open this call.*openai\/fake-1/ }).count()
    })
    .toBeGreaterThan(0)
  await expectNoBarriers(page)
  await page
    .getByRole('row', { name: /openai\/fake-1/ })
    .getByRole('button', { name: /open this call/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog', { name: 'Call' })
  await dialog.getByRole('heading', { name: 'Why it went there' }).waitFor()
  await dialog.getByText('chosen', { exact: true }).waitFor()
  await expectNoBarriers(page)
})

test('creates a key with limits, whose secret is shown once and calls the gateway', async () => {
  const page = await open('/keys', 'Keys')
  await page.getByRole('button', { name: 'Create key' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Create an API key' })
  await dialog.getByLabel('Name').fill('Billing robot')
  await dialog.getByLabel('Models it may call').fill('openai/*')
  await dialog.getByLabel('Requests per minute').fill('60')
  await expectNoBarriers(page)
  await dialog.getByRole('button', { name: 'Create key' }).click()
  const key = await dialog.getByLabel('Billing robot').inputValue()
  expect(await dialog.locator('pre').innerText()).toContain(key)
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await page
    .getByRole('row', { name: /Billing robot/ })
    .getByText('60 requests/min')
    .waitFor()
  await expectNoBarriers(page)
  const listed = await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
  expect(listed.status).toBe(200)
})

test('replaces the secret of a key: the new one is shown once, the old one stops as chosen', async () => {
  const page = await open('/keys', 'Keys')
  await page.getByRole('button', { name: 'Create key' }).first().click()
  const made = page.getByRole('dialog', { name: 'Create an API key' })
  await made.getByLabel('Name').fill('Rotating robot')
  await made.getByRole('button', { name: 'Create key' }).click()
  const former = await made.getByLabel('Rotating robot').inputValue()
  await made.getByRole('button', { name: 'I have copied it' }).click()

  const replace = async (grace: string): Promise<string> => {
    await page.getByRole('button', { name: 'Replace the secret of Rotating robot' }).click()
    await page.getByLabel('The old secret still works').selectOption(grace)
    await expectNoBarriers(page)
    await page.getByRole('button', { name: 'Replace secret', exact: true }).click()
    const shown = page.getByRole('dialog', { name: 'Copy the new secret' })
    const secret = await shown.getByLabel('Rotating robot').inputValue()
    await expectNoBarriers(page)
    await shown.getByRole('button', { name: 'I have copied it' }).click()
    return secret
  }
  const status = async (secret: string): Promise<number> =>
    (await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status

  const second = await replace('3600')
  const row = page.getByRole('row', { name: /Rotating robot/ })
  await row.getByText(/^The old secret works until/).waitFor()
  expect([await status(former), await status(second)]).toEqual([200, 200])
  const third = await replace('0')
  await row.getByText(/^The old secret works until/).waitFor({ state: 'detached' })
  await expect.poll(() => status(second), { timeout: 5000 }).toBe(401)
  expect([await status(former), await status(third)]).toEqual([401, 200])
})

test('creates a team and a budget for it, and switches the budget off', async () => {
  const page = await open('/teams', 'Teams')
  await page.getByRole('button', { name: 'New team' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Research')
  await page.getByRole('button', { name: 'Create team' }).click()
  await page.getByRole('row', { name: /Research/ }).waitFor()
  await expectNoBarriers(page)

  await page.goto('/budgets')
  await page.getByRole('button', { name: 'New budget' }).click()
  const dialog = page.getByRole('dialog', { name: 'New budget' })
  await dialog.getByLabel('Name').fill('Research, monthly')
  await dialog.getByLabel('Whose calls').selectOption('team')
  await dialog.getByLabel('A team', { exact: true }).selectOption({ label: 'Research' })
  await dialog.getByLabel('Limit in dollars').fill('250')
  await expectNoBarriers(page)
  await dialog.getByRole('button', { name: 'Create budget' }).click()
  const row = page.getByRole('listitem').filter({ hasText: 'Research, monthly' })
  await row.getByText('$0.00 spent, $250.00 left of $250.00').waitFor()
  await expectNoBarriers(page)
  await row.getByRole('switch').click()
  await row.getByText('off', { exact: true }).waitFor()
})

async function open(path: string, title: string): Promise<Page> {
  const page = await visits.ownerPage()
  await page.goto(path)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  return page
}

async function expectNoBarriers(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect
    .soft(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)))
    .toEqual([])
}
