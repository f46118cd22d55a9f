import { AxeBuilder } from '@axe-core/playwright'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { beforeAll, expect, inject, test } from 'vitest'
import { newSender, type Sender, type SentSpan } from './support/spans.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)
const hourMs = 3_600_000

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
}

/** One environment for all tests here, so that spans of others do not count. */
const environment = `shop-${randomBytes(4).toString('hex')}`
const here = `/insights?environment=${environment}`

let sender: Sender
beforeAll(async () => {
  sender = await newSender((await visits.owner()).request, app.url)
  const send = (agoMs: number, spans: SentSpan[]) =>
    sender.send({ agoMs, service: 'shop', environment, spans })
  await send(3 * hourMs, run({ user: 'jane' }))
  await send(2 * hourMs, run({ user: 'tom', model: 'claude-x' }))
  await send(2 * hourMs, run({ user: 'tom', failed: 'refused' }))
  await send(30 * hourMs, run({ user: 'jane', tookMs: 1000 }))
})

interface Run {
  user: string
  model?: string
  tookMs?: number
  failed?: string
}

/** An agent that calls a model twice; each call tells 120 tokens, a quarter of a dollar and its first token. */
function run({ user, model = 'gpt-x', tookMs = 2000, failed }: Run): SentSpan[] {
  const about = { 'gen_ai.agent.name': 'shopper', 'user.id': user }
  const call = (key: string, at: number): SentSpan => ({
    key,
    parent: 'root',
    name: `chat ${model}`,
    at,
    tookMs,
    ...(failed !== undefined && key === 'second' && { failed }),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': model,
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 20,
      'gen_ai.usage.cost': 0.25,
      'gen_ai.server.time_to_first_token': 0.4,
      ...about,
    },
  })
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', ...about }
  return [
    { key: 'root', name: 'invoke_agent shopper', at: 0, tookMs: 5000, attributes },
    call('first', 10),
    call('second', 2100),
  ]
}

async function open(path: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await (await visits.owner(options)).newPage()
  await page.goto(path)
  return page
}

/** What a tile says, its name included. */
const figure = (page: Page, name: string): Locator =>
  page
    .getByRole('region', { name: 'Figures', exact: true })
    .locator('dl > div')
    .filter({ has: page.getByText(name, { exact: true }) })

const expectFigure = (page: Page, name: string, said: RegExp) =>
  expect.poll(() => figure(page, name).innerText()).toMatch(said)

test('tells the figures of the period exactly, each against the period before', async () => {
  const page = await open(here)
  await expectFigure(page, 'Spans', /^Spans\s+9\s+\+200 %$/)
  await expectFigure(page, 'Runs', /^Runs\s+3\s+\+200 %$/)
  await expectFigure(page, 'Model calls', /^Model calls\s+6\s+\+200 %$/)
  await expectFigure(page, 'Tokens', /^Tokens\s+720\s+\+200 %\s+600 in, 120 out$/)
  await expectFigure(page, 'Cost', /^Cost\s+\$1\.50\s+\+200 %$/)
  await expectFigure(page, 'Error rate', /^Error rate\s+11 %\s+\+11\.1 points\s+one span failed$/)
  await expectFigure(page, 'Latency p50', /^Latency p50\s+(1\.9\d|2\.0\d) s\s+\+(9\d|10\d) %$/)
  await expectFigure(page, 'First token p95', /^First token p95\s+(39\d|40\d) ms\s+no change$/)
  await expectFigure(page, 'Active users', /^Active users\s+2\s+\+100 %$/)
})

test('a filter and a period stand in the address, and a chart can be read as a table and saved', async () => {
  const page = await open(here)
  const top = page.getByRole('table', { name: 'Top models' })
  await top.getByRole('button', { name: 'Only claude-x' }).click()
  await expectFigure(page, 'Spans', /^Spans\s+2$/)
  expect(new URL(page.url()).search).toBe(`?environment=${environment}&model=claude-x`)
  await page.getByRole('button', { name: /Model claude-x/ }).click()
  await expectFigure(page, 'Spans', /^Spans\s+9\s/)

  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  const filter = page.getByRole('dialog', { name: 'Filter' })
  await filter.getByLabel('Only spans of one').selectOption('User')
  await filter.getByRole('button', { name: /tom/ }).click()
  await expect.poll(() => new URL(page.url()).searchParams.get('user')).toBe('tom')
  await expectFigure(page, 'Active users', /^Active users\s+1/)
  await page.getByRole('button', { name: /User tom/ }).click()

  await page.getByRole('button', { name: 'Table of Usage' }).click()
  const figures = page.getByRole('region', { name: 'Usage: figures' })
  await expect.poll(() => figures.getByRole('row').count()).toBeGreaterThan(23)
  await figures.getByRole('columnheader', { name: 'claude-x' }).waitFor()
  const [csv] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Top models: save as CSV' }).click(),
  ])
  const lines = (await readFile(await csv.path(), 'utf8')).trim().split('\r\n')
  expect(lines.find((line) => line.startsWith('gpt-x,'))).toMatch(/^gpt-x,4,2,1,0,4,0,480,1,0,/)

  await page.getByRole('button', { name: 'Last 24 hours' }).click()
  await page.getByRole('button', { name: 'Last 7 days' }).click()
  await expectFigure(page, 'Spans', /^Spans\s+12$/)
  expect(new URL(page.url()).searchParams.get('range')).toBe('7d')
})

test('a model leads to its traces, and what is followed counts what arrives by itself', async () => {
  const mine = `bakery-${randomBytes(4).toString('hex')}`
  const send = () =>
    sender.send({ agoMs: 60_000, service: 'bakery', environment: mine, spans: run({ user: 'jane' }) })
  await send()
  const page = await open(`/insights?environment=${mine}&live=2s`)
  await expectFigure(page, 'Spans', /^Spans\s+3$/)
  await send()
  await expectFigure(page, 'Spans', /^Spans\s+6$/)
  await page.getByRole('table', { name: 'Top models' }).getByRole('link', { name: 'gpt-x' }).click()
  await expect.poll(() => page.getByRole('grid', { name: 'Traces' }).getByRole('row').count()).toBe(3)
  expect(new URL(page.url()).pathname).toBe('/traces')
})

test('drawing over a chart chooses its span of time', async () => {
  const page = await open(here)
  const chart = page.getByRole('figure', { name: 'Usage over time' }).locator('.u-over')
  const box = await chart.boundingBox()
  if (!box) throw new Error('The chart has no place.')
  await page.mouse.move(box.x + box.width * 0.5, box.y + 50)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 5 })
  await page.mouse.up()
  await expect.poll(() => new URL(page.url()).searchParams.has('to')).toBe(true)
  const { searchParams } = new URL(page.url())
  const lengthMs = Date.parse(searchParams.get('to') ?? '') - Date.parse(searchParams.get('from') ?? '')
  expect(lengthMs / hourMs).toBeGreaterThan(5)
  expect(lengthMs / hourMs).toBeLessThan(7.5)
})

test('says how to begin where nothing was sent, and tries again when the figures could not be read', async () => {
  const page = await open('/insights?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z')
  await page.getByText('No spans in this period').waitFor()
  await page.getByText('Point the exporter').waitFor()
  await page.goto('/insights?environment=nobody-at-all')
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('')

  visits.expectConsole(/503/)
  await page.route('**/metrics/**', (route) => route.fulfill({ status: 503, json: unavailable }))
  await page.goto(here)
  await page.getByText('The figures could not be read.').waitFor({ timeout: 30_000 })
  await page.unroute('**/metrics/**')
  await page.getByRole('button', { name: 'Try again' }).first().click()
  await expectFigure(page, 'Spans', /^Spans\s+9\s/)
})

const unavailable = {
  error: {
    code: 'SERVICE_UNAVAILABLE',
    message: 'Not now.',
    details: null,
    timestamp: '2026-11-22T00:00:00Z',
    requestId: 'r1',
  },
}

test.for([
  { device: 'a desktop', options: {} },
  { device: 'a phone', options: phone },
])('has no barriers on $device, light and dark', { timeout: 120_000 }, async ({ options }) => {
  const page = await open(here, options)
  await expectFigure(page, 'Spans', /^Spans\s+9\s/)
  await page.getByRole('button', { name: 'Table of Usage' }).click()
  await page.getByRole('table', { name: 'Top models' }).waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  await expectNoBarriers(page, 'figures')
  await page.goto('/insights?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z')
  await page.getByText('Point the exporter').waitFor()
  await expectNoBarriers(page, 'empty')
})

/** What axe finds in both themes, as `screen: rule: element`. */
async function expectNoBarriers(page: Page, screen: string): Promise<void> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.waitForFunction((theme) => document.documentElement.dataset['theme'] === theme, colorScheme)
    await settle(page)
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    found.push(
      ...violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target }) => `${screen}, ${colorScheme}: ${id}: ${target.join(' ')}`),
      ),
    )
  }
  expect.soft(found).toEqual([])
}

/** Lets what fades in or changes its colour come to rest. */
const settle = (page: Page): Promise<unknown> =>
  page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity)
        .map(({ finished }) => finished),
    ),
  )
