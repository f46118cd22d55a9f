import { AxeBuilder } from '@axe-core/playwright'
import type { Bootstrap, PriceOverride } from '@atrium/contract'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)

test('shows what models cost in the currency of the workspace and in dollars, and where the price comes from', async () => {
  const page = await visits.ownerPage()
  const workspace = await workspaceOf(page)
  await using restored = new AsyncDisposableStack()
  const rate = (base: string) => ({ base, tiers: [] })
  const override = await page.request.post(`${workspace}/price-overrides`, {
    data: {
      modelPattern: 'fake-echo',
      sheet: { rates: { input: rate('3000000000'), output: rate('15000000000') }, perCall: '0' },
      effectiveFrom: '2026-01-01T00:00:00Z',
    },
  })
  // The endpoint answers with what it has stored.
  const { id } = (await override.json()) as PriceOverride
  restored.defer(async () => void (await page.request.delete(`${workspace}/price-overrides/${id}`)))
  await page.request.patch(`${workspace}/money-settings`, { data: { currency: 'EUR' } })
  restored.defer(
    async () => void (await page.request.patch(`${workspace}/money-settings`, { data: { currency: 'USD' } })),
  )

  await page.goto('/models')
  const known = page.getByRole('row', { name: /openai\/fake-echo/ })
  await known.getByText(/^€\d+\.\d\d \/ €\d+\.\d\d$/).waitFor()
  await known.getByText('$3.00 / $15.00').waitFor()
  await known.getByText('your own').waitFor()
  const unknown = page.getByRole('row', { name: /openai\/fake-1/ })
  await unknown.getByText('price unknown').waitFor()
  await expectNoBarriers(page)

  await known.getByRole('button', { name: 'fake-echo' }).click()
  const details = page.getByRole('dialog', { name: 'fake-echo' })
  await details
    .getByRole('row', { name: /Output/ })
    .getByText('$15.00')
    .waitFor()
  await details.getByText(/^Set by this workspace/).waitFor()
  await details.getByText(/^A dollar is .* EUR, by the rate of/).waitFor()
  await expectNoBarriers(page)
  await page.goBack()
  await details.waitFor({ state: 'detached' })
})

test('sets a price from a day on, rates recorded calls again, and removes the price', async () => {
  const page = await open('/models?model=openai%2Ffake-stream')
  const details = page.getByRole('dialog', { name: 'fake-stream' })
  await details.getByText('Nobody has published its price.').waitFor()
  await details.getByRole('button', { name: 'Set a price' }).click()
  const form = page.getByRole('dialog', { name: 'Set a price for fake-stream' })
  await form.getByLabel('Input', { exact: true }).fill('2.5')
  await form.getByLabel('Output', { exact: true }).fill('ten')
  await form.getByText('Write an amount, such as 2.50').waitFor()
  expect(await form.getByRole('button', { name: 'Set price' }).isDisabled()).toBe(true)
  await form.getByLabel('Output', { exact: true }).fill('10')
  await form.getByText('Cache and reasoning').click()
  await form.getByLabel('Input from the cache').fill('0.25')
  await form.getByLabel('Effective from').selectOption('day')
  await form.getByLabel('Day', { exact: true }).fill('2026-01-01')
  await form.getByLabel('Note').fill('contract 12')
  await expectNoBarriers(page)
  await form.getByRole('button', { name: 'Set price' }).click()
  await page.getByText('The price is set').waitFor()
  await page.getByRole('button', { name: 'Rate them again' }).click()
  const rating = page.getByRole('dialog', { name: 'Rate recorded calls again' })
  expect(await rating.getByLabel('Since').inputValue()).toBe('2026-01-01')
  await expectNoBarriers(page)
  await rating.getByRole('button', { name: 'Rate again' }).click()
  await rating.getByText(/of \d+ calls changed$/).waitFor()
  await rating.getByRole('button', { name: 'Done' }).click()

  const row = details.getByRole('listitem').filter({ hasText: 'contract 12' })
  await row.getByText('$2.50 / $10.00').waitFor()
  await row.getByText('counts now').waitFor()
  await details
    .getByRole('row', { name: /Input from the cache/ })
    .getByText('$0.25')
    .waitFor()
  await row.getByRole('button', { name: /^Remove the price/ }).click()
  await page.getByRole('button', { name: 'Remove price', exact: true }).click()
  await details.getByText('Nobody has published its price.').waitFor()
})

test('keeps search and filters in the address, and says when nothing fits', async () => {
  const page = await open('/models')
  await page.getByLabel('Search models').fill('FAKE slow')
  await page.getByText(/^\d+ of \d+ models$/).waitFor()
  await page.getByLabel('Price', { exact: true }).selectOption('unknown')
  await expect.poll(() => new URL(page.url()).search).toBe('?q=FAKE+slow&price=unknown')
  await page.reload()
  await page.getByText(/^\d+ of \d+ models$/).waitFor()
  await page
    .getByRole('row', { name: /openai\/fake-slow/ })
    .first()
    .waitFor()
  await page.getByLabel('Price', { exact: true }).selectOption('free')
  await page.getByText('No model fits these filters.').waitFor()
  await expectNoBarriers(page)
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await page
    .getByRole('row', { name: /openai\/fake-1/ })
    .first()
    .waitFor()
  expect(new URL(page.url()).search).toBe('')
})

test('shows how connections do, and leads to their keys in the settings', async () => {
  const page = await open('/models')
  const connections = page.getByRole('table', { name: 'Connections' })
  await connections
    .getByRole('row', { name: /OpenAI/ })
    .first()
    .getByText('works', { exact: true })
    .waitFor()
  await page.getByRole('button', { name: 'Keys and connections' }).click()
  const settings = page.getByRole('dialog', { name: 'Settings' })
  await settings.getByRole('button', { name: 'Connect a provider' }).waitFor()
})

test('a model that the catalogue does not have says so', async () => {
  const page = await open('/models?model=openai%2Fgone')
  await page.getByRole('dialog', { name: 'There is no such model' }).getByText('openai/gone').waitFor()
})

async function workspaceOf(page: Page): Promise<string> {
  const response = await page.request.get('/api/v1/bootstrap')
  // The endpoint answers by the contract.
  const { workspaces } = (await response.json()) as Bootstrap
  return `${app.url}/api/v1/workspaces/${workspaces[0]?.id}`
}

async function open(path: string): Promise<Page> {
  const page = await visits.ownerPage()
  await page.goto(path)
  await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor()
  return page
}

async function expectNoBarriers(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect
    .soft(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)))
    .toEqual([])
}
