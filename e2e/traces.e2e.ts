import { AxeBuilder } from '@axe-core/playwright'
import { readFile } from 'node:fs/promises'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { beforeAll, expect, inject, test } from 'vitest'
import { ask, lastAnswer } from './support/chat.ts'
import { agentRun, newSender, type Sender, type SentSpan } from './support/spans.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
}

let sender: Sender
beforeAll(async () => {
  const context = await visits.owner()
  sender = await newSender(context.request, app.url)
})

const list = (page: Page): Locator => page.getByRole('grid', { name: 'Traces' })
const tree = (page: Page): Locator => page.getByRole('treegrid')
const panel = (page: Page): Locator => page.getByRole('complementary', { name: 'Span' })
const query = (page: Page): Locator => page.getByRole('combobox', { name: 'Query' })

async function open(path: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await (await visits.owner(options)).newPage()
  await page.goto(path)
  return page
}

test('finds a trace by its filters, looks into it, opens it and reads what was said', async () => {
  const agent = 'cobbler'
  await sender.send({ agoMs: 30_000, service: 'shop', spans: agentRun({ agent, session: 'fine' }) })
  await sender.send({
    agoMs: 20_000,
    service: 'shop',
    spans: agentRun({ agent, failing: true, session: 'failing' }),
  })
  const page = await open('/traces')
  await query(page).fill(`agent:${agent}`)
  await query(page).press('Enter')
  await expect.poll(() => list(page).getByRole('row').count()).toBe(3)
  expect(new URL(page.url()).search).toBe(`?agent=${agent}`)

  await page.getByRole('region', { name: 'Status' }).getByRole('button', { name: 'Fine' }).click()
  await expect.poll(() => list(page).getByRole('row').count()).toBe(2)
  await expect.poll(() => query(page).inputValue()).toBe(`agent:${agent} status:ok`)
  await list(page)
    .getByRole('row')
    .nth(1)
    .click({ position: { x: 30, y: 14 } })
  const peek = page.getByRole('complementary', { name: 'Peek' })
  await peek.getByRole('row', { name: /execute_tool search/ }).waitFor()

  await peek.getByRole('link', { name: 'Open', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: `invoke_agent ${agent}` }).waitFor()
  await tree(page)
    .getByRole('row', { name: /chat gpt-5/ })
    .nth(1)
    .click()
  const messages = panel(page).getByRole('article')
  await expect.poll(() => messages.count()).toBe(5)
  await messages.last().getByRole('cell', { name: '89 €' }).waitFor()
  await panel(page).getByText('app.tenant').waitFor()
  expect(new URL(page.url()).searchParams.get('span')).toMatch(/^[0-9a-f]{16}$/)

  await page
    .getByRole('link', { name: /^session|basket|fine/ })
    .first()
    .click()
  await expect.poll(() => query(page).inputValue()).toContain('session:fine')
  await expect.poll(() => list(page).getByRole('row').count()).toBe(2)
})

test('leads from an answer in the chat to its trace, and back to the message', async () => {
  const page = await open('/')
  await ask(page, 'Who can see what I write here?')
  const path = new URL(page.url()).pathname
  await lastAnswer(page).hover()
  await lastAnswer(page).locator('[data-tip="Tokens, time and cost"]').click()
  const details = page.getByRole('dialog', { name: 'About this answer' })
  const id = await details.locator('code').first().innerText()
  await details.getByRole('link', { name: 'Open' }).click()
  await page.getByRole('heading', { level: 1, name: 'invoke_agent Chat' }).waitFor()
  expect(new URL(page.url()).pathname).toBe(`/traces/${id}`)
  await tree(page).getByRole('row', { name: /chat/ }).first().waitFor()
  await panel(page).getByRole('link', { name: 'Open in the chat' }).click()
  await lastAnswer(page).waitFor()
  expect(new URL(page.url()).pathname).toContain(path)
})

test('a query that cannot be read says what would be right, and values are suggested', async () => {
  await sender.send({ agoMs: 10_000, service: 'shop', spans: agentRun({ agent: 'the tailor' }) })
  const page = await open('/traces')
  await list(page).waitFor()
  await query(page).fill('colour:red')
  await query(page).press('Enter')
  await page.getByRole('alert').getByText('There is no filter “colour”').waitFor()
  await query(page).fill('agent:tail')
  await page.getByRole('option', { name: /the tailor/ }).waitFor()
  await query(page).press('ArrowDown')
  await query(page).press('Enter')
  expect(await query(page).inputValue()).toBe('agent:"the tailor" ')
  await query(page).press('Enter')
  await expect.poll(() => list(page).getByRole('row').count()).toBe(2)
  const [csv] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the listed traces as CSV' }).click(),
  ])
  const lines = (await readFile(await csv.path(), 'utf8')).trim().split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain('invoke_agent the tailor')
})

test('J and K go through the list, Enter opens, and Back leads to the same list', async () => {
  const agent = 'mason'
  for (const agoMs of [3000, 2000, 1000]) {
    await sender.send({ agoMs, service: 'shop', spans: agentRun({ agent, session: `s-${agoMs}` }) })
  }
  const page = await open(`/traces?agent=${agent}`)
  await list(page).getByRole('row').nth(3).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  const second = list(page).getByRole('row').nth(2)
  await expect.poll(() => second.getAttribute('aria-selected')).toBe('true')
  await list(page).focus()
  await page.keyboard.press('Enter')
  await tree(page).waitFor()
  await page.getByRole('link', { name: 'Traces', exact: true }).click()
  await expect.poll(() => second.getAttribute('aria-selected')).toBe('true')
  await page.keyboard.press('Escape')
  await expect.poll(() => page.getByRole('complementary', { name: 'Peek' }).count()).toBe(0)
})

test('a list that is followed takes in what arrives, by itself', async () => {
  const agent = 'baker'
  await sender.send({ agoMs: 9000, service: 'bakery', spans: agentRun({ agent }) })
  const page = await open(`/traces?agent=${agent}`)
  await list(page).getByRole('row').nth(1).waitFor()
  await page.getByLabel('Updates').selectOption('Live')
  await sender.send({ agoMs: 1000, service: 'bakery', spans: agentRun({ agent }) })
  await expect.poll(() => list(page).getByRole('row').count()).toBe(3)
})

test('shows first what failed, and says whose parent has not arrived', async () => {
  const failed = await sender.send({ agoMs: 5000, service: 'shop', spans: agentRun({ failing: true }) })
  const page = await open(`/traces/${failed}`)
  await panel(page).getByRole('alert').getByText('504').waitFor()
  await page.getByRole('button', { name: /2 failed/ }).click()
  await panel(page).getByRole('alert').getByText('Failed: TimeoutError').waitFor()

  const orphans = agentRun()
    .slice(1)
    .map((span): SentSpan => (span.parent === 'root' ? { ...span, parent: 'lost' } : span))
  const headless = await sender.send({ agoMs: 5000, service: 'shop', spans: orphans })
  await page.goto(`/traces/${headless}`)
  await page.getByText('The root has not arrived yet').waitFor()
  await expect.poll(() => tree(page).getByText('parent not here').count()).toBe(3)
})

test('the tree is gone through with the keys, and folds', async () => {
  const traceId = await sender.send({ agoMs: 5000, service: 'shop', spans: agentRun() })
  const page = await open(`/traces/${traceId}`)
  const rows = tree(page).getByRole('row')
  await rows.nth(5).waitFor()
  const chosen = () => tree(page).locator('[aria-selected=true]').innerText()
  await tree(page).focus()
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key)
  await expect.poll(chosen).toContain('GET /shoes')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(chosen).toContain('execute_tool search')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => rows.count()).toBe(5)
  await page.keyboard.press('Home')
  await expect.poll(chosen).toContain('invoke_agent')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => rows.count()).toBe(2)
})

test(
  'a trace of 10,000 spans is read to its end and scrolls without a hitch',
  { timeout: 180_000 },
  async () => {
    const spans: SentSpan[] = Array.from({ length: 10_000 }, (_, index) => {
      const isHead = index % 25 === 1
      const parent = isHead ? 's0' : `s${index - ((index + 24) % 25)}`
      return {
        key: `s${index}`,
        ...(index > 0 && { parent }),
        name: index === 0 ? 'workflow' : `step ${index}`,
        at: index * 5,
        tookMs: index === 0 ? 60_000 : 200,
      }
    })
    const traceId = await sender.send({ agoMs: 100_000, service: 'lab', spans })
    const page = await open(`/traces/${traceId}`)
    await expect.poll(() => tree(page).getAttribute('aria-rowcount'), { timeout: 60_000 }).toBe('10001')
    expect(await tree(page).getByRole('row').count()).toBeLessThan(120)
    const frames = await scrollFrames(page)
    process.stdout.write(`frames while scrolling: ${JSON.stringify(summary(frames))}\n`)
    // Other work makes single frames late; a list that is slow itself is late with most of them.
    expect(summary(frames)['medianMs']).toBeLessThan(25)
    await tree(page).focus()
    await page.keyboard.press('End')
    await tree(page)
      .getByRole('row', { name: /step 9999/ })
      .waitFor()
  },
)

/** Scrolls the tree for three seconds, some rows with each frame, and gives the milliseconds between frames. */
const scrollFrames = (page: Page): Promise<number[]> =>
  tree(page).evaluate(
    (element) =>
      new Promise<number[]>((resolve) => {
        const frames: number[] = []
        const start = performance.now()
        let last = start
        const step = (now: number) => {
          frames.push(now - last)
          last = now
          element.scrollTop += 140
          if (now - start < 3000) requestAnimationFrame(step)
          else resolve(frames.slice(1))
        }
        requestAnimationFrame(step)
      }),
  )

function summary(frames: readonly number[]): Record<string, number> {
  const sorted = frames.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10
  return { count: frames.length, medianMs: at(0.5), p95Ms: at(0.95), worstMs: at(0.999) }
}

test.for([
  { device: 'a desktop', options: {} },
  { device: 'a phone', options: phone },
])('has no barriers on $device, light and dark', { timeout: 120_000 }, async ({ options }) => {
  const agent = 'warden'
  await sender.send({ agoMs: 30_000, service: 'shop', spans: agentRun({ agent }) })
  const failed = await sender.send({
    agoMs: 20_000,
    service: 'shop',
    spans: agentRun({ agent, failing: true }),
  })
  const page = await open(`/traces?agent=${agent}`, options)
  await list(page).getByRole('row').nth(2).waitFor()
  await expectNoBarriers(page, 'traces')
  await page.goto(`/traces?agent=${agent}&peek=${failed}`)
  await tree(page).getByRole('row').nth(3).waitFor()
  await expectNoBarriers(page, 'peek')
  await page.goto('/traces?agent=nobody-at-all')
  await page.getByText('No traces match').waitFor()
  await expectNoBarriers(page, 'no matches')
  await page.goto('/traces?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z')
  await page.getByText('Point the exporter').waitFor()
  await expectNoBarriers(page, 'how to send')
  await page.goto(`/traces/${failed}`)
  await tree(page).getByRole('row').nth(5).waitFor()
  await expectNoBarriers(page, 'trace')
  await tree(page).getByText('chat gpt-5').last().click()
  await panel(page).getByRole('article').first().waitFor()
  await expectNoBarriers(page, 'span')
})

/** What axe finds in both themes, as `screen: rule: element`. */
async function expectNoBarriers(page: Page, screen: string): Promise<void> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.waitForFunction((theme) => document.documentElement.dataset['theme'] === theme, colorScheme)
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    found.push(
      ...violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target }) => `${screen}, ${colorScheme}: ${id}: ${target.join(' ')}`),
      ),
    )
  }
  expect.soft(found).toEqual([])
}
