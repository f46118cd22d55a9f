import type { Locator, Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

const model = 'openai/fake-1'

test('makes a key with limits and a budget, switches it off and sees it refused, and lets it run out', async () => {
  const page = await open('/keys', 'Keys')
  const secret = await createKey(page, 'Night shift', async (dialog) => {
    await dialog.getByLabel('Models it may call').fill('openai/*')
    await dialog.getByLabel('Requests per minute').fill('600')
    await dialog.getByLabel('Calls at once').fill('3')
    await dialog.getByLabel('Budget in dollars').fill('5')
  })
  const row = page.getByRole('row', { name: /Night shift/ })
  await row.getByText('openai/* · 600 requests/min, 3 at once').waitFor()
  await row.getByText('$0.00 of $5.00 a month').waitFor()
  await row.getByText('Ada Lovelace').waitFor()
  expect(await statusOf(secret)).toBe(200)

  const power = row.getByRole('switch', { name: 'Night shift is on' })
  await power.click()
  await row.getByText('off', { exact: true }).waitFor()
  await expect.poll(() => statusOf(secret)).toBe(401)
  await power.click()
  await expect.poll(() => statusOf(secret)).toBe(200)

  await row.getByRole('button', { name: 'Change Night shift' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change Night shift' })
  await dialog.getByLabel('Runs out').selectOption('day')
  await dialog.getByLabel('At the end of').fill('2099-11-30')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await row.getByText('30 Nov 2099').waitFor()
  expect(await statusOf(secret)).toBe(200)
})

test('renames a team, says who leads it, archives it and brings it back', async () => {
  const page = await open('/teams', 'Teams')
  await page.getByRole('button', { name: 'New team' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Prospecting')
  await page.getByRole('button', { name: 'Create team' }).click()

  await page.getByRole('button', { name: 'Open Prospecting' }).click()
  const before = page.getByRole('dialog', { name: 'Prospecting' })
  await before.getByLabel('Name').fill('Exploration')
  await before.getByRole('button', { name: 'Rename' }).click()
  const dialog = page.getByRole('dialog', { name: 'Exploration', exact: true })
  await dialog.getByLabel('Add somebody').selectOption({ label: 'Ada Lovelace' })
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  await dialog.getByLabel('What Ada Lovelace is in the team').selectOption('lead')
  await page.getByText('you lead it').waitFor()

  await dialog.getByRole('button', { name: 'Archive team' }).click()
  const question = page.getByRole('dialog', { name: 'Archive Exploration?' })
  await question.getByRole('button', { name: 'Archive team' }).click()
  const row = page.getByRole('row', { name: /Exploration/ })
  await expect.poll(() => row.count()).toBe(0)
  await page.getByLabel('Which teams').selectOption('archived')
  await page.getByRole('button', { name: 'Open Exploration' }).click()
  await dialog.getByRole('button', { name: 'Bring it back' }).click()
  await page.getByLabel('Which teams').selectOption('current')
  await row.waitFor()
})

test('charges a fixed amount for calls of unknown price, shows what was spent, and deletes the budget by its name', async () => {
  const page = await open('/keys', 'Keys')
  const secret = await createKey(page, 'Meter reader')
  await page.goto('/budgets')
  await page.getByRole('button', { name: 'New budget' }).click()
  const create = page.getByRole('dialog', { name: 'New budget' })
  await create.getByLabel('Name').fill('Readings')
  await create.getByLabel('Whose calls').selectOption('key')
  await create.getByLabel('A key', { exact: true }).selectOption({ label: 'Meter reader' })
  await create.getByLabel('Limit in dollars').fill('1')
  const warnings = create.getByLabel('Warn at percent')
  await warnings.fill('half')
  await create.getByText('Write percents, such as 50, 80, 100').waitFor()
  await warnings.fill('20, 80')
  await create.getByLabel('For', { exact: true }).selectOption('day')
  await create.getByLabel('Begins anew at midnight in').selectOption('Asia/Tokyo')
  await create.getByLabel('Calls whose price is unknown').selectOption('ceiling')
  await create.getByLabel('Dollars for each of them').fill('0.25')
  await create.getByRole('button', { name: 'Create budget' }).click()
  const row = page.getByRole('listitem').filter({ hasText: 'Readings' })
  await row.getByText('key Meter reader, a day, Asia/Tokyo').waitFor()
  await row.getByText('calls of unknown price cost $0.25 each').waitFor()

  expect(await askAs(secret, 'Read the meter')).toBe(200)
  await expect
    .poll(async () => {
      await page.reload()
      return row.innerText()
    })
    .toContain('$0.25 spent, $0.75 left of $1.00')
  await row.getByText('20 % reached').waitFor()
  await row.getByRole('button', { name: 'What Readings has spent' }).click()
  const history = page.getByRole('dialog', { name: 'What Readings has spent' })
  const period = history.getByRole('row', { name: /now/ })
  await period.getByText('$0.25').waitFor()
  await period.getByText('25 %').waitFor()
  await period.getByText('at 20 %').waitFor()
  await history.getByRole('button', { name: 'Close' }).click()

  await row.getByRole('button', { name: 'Delete Readings' }).click()
  const question = page.getByRole('dialog', { name: 'Delete “Readings”?' })
  await question.getByRole('button', { name: 'Delete budget' }).click()
  await expect.poll(() => row.count()).toBe(0)
})

test('reads usage by model and by key, opens a call from its row, and takes the calls as CSV', async () => {
  const keys = await open('/keys', 'Keys')
  const secret = await createKey(keys, 'Surveyor')
  expect(await askAs(secret, 'Survey the land')).toBe(200)
  const page = await open('/usage?days=7&measure=calls&by=key', 'Usage')
  const figures = page.getByRole('region', { name: 'Figures of the chart' })
  await expect
    .poll(async () => {
      await page.reload()
      await figures.waitFor()
      return figures.getByRole('columnheader', { name: 'Surveyor' }).count()
    })
    .toBe(1)
  expect(await figures.getByRole('row').count()).toBe(8)
  await page.getByRole('figure', { name: 'Calls by day and key' }).waitFor()

  await page.getByRole('button', { name: /^Surveyor.*only this/ }).click()
  await page.getByRole('button', { name: /^key Surveyor/ }).waitFor()
  await page.getByLabel('Broken down by').selectOption('model')
  await page.getByRole('figure', { name: 'Calls by day and model' }).waitFor()
  const today = figures.getByRole('row').nth(1)
  expect(await today.getByRole('cell').allInnerTexts()).toEqual(['1', '1'])
  await figures.getByRole('columnheader', { name: 'fake-1' }).waitFor()

  await page.getByRole('row', { name: /open this call/ }).click()
  await page
    .getByRole('dialog', { name: 'Call' })
    .getByRole('heading', { name: 'Why it went there' })
    .waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  const [csv] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ])
  expect(csv.suggestedFilename()).toBe('usage.csv')
})

test('grants credits, which limit nothing until an owner says so', async () => {
  const page = await open('/budgets', 'Budgets')
  await page.getByRole('button', { name: 'Grant credits' }).click()
  const dialog = page.getByRole('dialog', { name: 'Grant credits' })
  await dialog.getByLabel('Amount in dollars').fill('40')
  await dialog.getByLabel('Note for the audit log').fill('Invoice 7')
  await dialog.getByRole('button', { name: 'Grant', exact: true }).click()
  await page.getByText('Off: the balance limits nothing').waitFor()
  await page.getByText('One grant').click()
  await page.getByRole('listitem').filter({ hasText: '$40.00' }).waitFor()
  await page.getByText('None: no call is under way').waitFor()
})

async function open(path: string, title: string): Promise<Page> {
  const page = await visits.ownerPage()
  await page.goto(path)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  return page
}

/** Makes a key as people do, and gives its secret. */
async function createKey(
  page: Page,
  name: string,
  fill: (dialog: Locator) => Promise<void> = async () => undefined,
): Promise<string> {
  await page.getByRole('button', { name: 'Create key' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Create an API key' })
  await dialog.getByLabel('Name').fill(name)
  await fill(dialog)
  await dialog.getByRole('button', { name: 'Create key' }).click()
  const secret = await dialog.getByLabel(name).inputValue()
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  return secret
}

const statusOf = async (secret: string): Promise<number> =>
  (await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status

/** Asks a model through the gateway and gives the status of the answer. */
async function askAs(secret: string, content: string): Promise<number> {
  await provider.enqueue({ text: 'Done.' }, { includes: content })
  const response = await fetch(`${app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  })
  await response.text()
  return response.status
}
