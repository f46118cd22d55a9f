/** The web app in Chromium: what it weighs, how fast it shows itself, and how it feels while an answer streams. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { z } from 'zod'
import { type Api, mintId } from './lib/api.ts'
import type { Atrium } from './lib/atrium.ts'
import { busyPerFrame, launchBrowser, openProfile, openQuietly, weigh } from './lib/browser.ts'
import { openDatabase, ownerOf } from './lib/database.ts'
import {
  arrivalOf,
  countElements,
  expectMessages,
  navigationTiming,
  readNotes,
  scrollToTop,
} from './lib/in-page.ts'
import { openRig } from './lib/rig.ts'
import { type Bench, runBench } from './lib/run.ts'
import { seedConversations, seedLongConversation, settleStatistics } from './lib/seed.ts'
import { quantile, range } from './lib/stats.ts'
import { fakeModel } from './lib/turn.ts'
import { requireWebBuild } from './lib/web-build.ts'

const runs = z.object({ data: z.array(z.object({ status: z.string() })).min(1) })
const writer = 'textarea[aria-label="Message"]'

await runBench('web', async (bench) => {
  const { scope, options, say } = bench
  requireWebBuild()
  const { atrium, api } = await openRig(bench)
  const { url } = atrium
  const long = await seed(bench, api, atrium)
  const browser = await launchBrowser()
  scope.defer(() => browser.close())

  say('loading')
  await judgeColdLoads(bench, browser, url, options.quick ? 1 : 5)
  const context = await openProfile(browser, url)
  await judgeRepeatLoads(bench, context, options.quick ? 1 : 5)
  say('a long conversation')
  await judgeLongConversation(bench, context, long, options.quick ? 1 : 5)
  say('streaming')
  await judgeStreaming(bench, browser, context, api)
  say('using it')
  await judgeInteractions(bench, context, long)
})

async function seed({ options }: Bench, api: Api, atrium: Atrium): Promise<string> {
  await using db = await openDatabase(atrium)
  const owner = await ownerOf(db, api.workspaceId)
  const id = mintId()
  await seedConversations(db, owner, { from: 0, count: 200, seed: options.seed })
  await seedLongConversation(db, owner, { id, messages: 2000, seed: options.seed })
  await settleStatistics(db)
  return id
}

async function judgeColdLoads(
  { figures }: Bench,
  browser: Browser,
  url: string,
  times: number,
): Promise<void> {
  const contentMs: number[] = []
  const composerMs: number[] = []
  for (const time of range(times)) {
    const context = await openProfile(browser, url)
    const page = await context.newPage()
    const weights = weigh(page)
    await open(page, '/')
    contentMs.push((await page.evaluate(navigationTiming)).domContentLoadedMs)
    composerMs.push((await page.evaluate(readNotes)).composerMs ?? Number.NaN)
    if (time === 0) {
      const { requests, scriptKb, styleKb, fontKb } = await weights()
      figures.correct('first load: scripts, gzip', scriptKb, { atMost: 180 }, 'kB')
      figures.correct('first load: styles, gzip', styleKb, { atMost: 25 }, 'kB')
      figures.correct('first load: fonts', fontKb, { atMost: 70 }, 'kB')
      figures.correct('first load: requests', requests, { atMost: 15 })
    }
    await context.close()
  }
  figures.speed('first load: DOMContentLoaded, median', quantile(contentMs, 0.5), 'ms', { atMost: 400 })
  figures.info('first load: ready to write, median', quantile(composerMs, 0.5), 'ms')
}

function open(page: Page, path: string): Promise<void> {
  return openQuietly(page, path, writer)
}

async function judgeRepeatLoads({ figures }: Bench, context: BrowserContext, times: number): Promise<void> {
  const page = await context.newPage()
  await open(page, '/')
  // The service worker stores the shell meanwhile.
  await sleep(2000)
  const composerMs: number[] = []
  const loadMs: number[] = []
  for (const _ of range(times)) {
    await open(page, '/')
    composerMs.push((await page.evaluate(readNotes)).composerMs ?? Number.NaN)
    loadMs.push((await page.evaluate(navigationTiming)).loadMs)
  }
  figures.speed('repeat load: ready to write, median', quantile(composerMs, 0.5), 'ms', { atMost: 300 })
  figures.info('repeat load: load event, median', quantile(loadMs, 0.5), 'ms')
  await page.close()
}

async function judgeLongConversation(
  bench: Bench,
  context: BrowserContext,
  id: string,
  times: number,
): Promise<void> {
  const { figures } = bench
  const paintMs: number[] = []
  const page = await context.newPage()
  for (const _ of range(times)) {
    await open(page, `/c/${id}`)
    const { messageMs } = await page.evaluate(readNotes)
    paintMs.push((messageMs ?? Number.NaN) - (await page.evaluate(arrivalOf, `/conversations/${id}`)))
  }
  figures.speed('2,000 messages: data there to painted, median', quantile(paintMs, 0.5), 'ms', {
    atMost: 300,
  })
  await readToTop(page)
  figures.info('2,000 messages read to the top: elements', await page.evaluate(countElements))
  const startedAt = await reopenInside(page, id)
  const { messageMs } = await page.evaluate(readNotes)
  figures.speed('2,000 loaded messages: click to painted', (messageMs ?? Number.NaN) - startedAt, 'ms', {
    atMost: 300,
  })
  await page.close()
}

/** Reads older messages until there are no more. */
async function readToTop(page: Page): Promise<void> {
  const isFirst = page.getByRole('button', { name: 'Load older messages' })
  const deadline = performance.now() + 180_000
  while (performance.now() < deadline) {
    await page.evaluate(scrollToTop)
    await sleep(60)
    const reading = await page.getByText('Reading older messages').count()
    if (reading === 0 && (await isFirst.count()) === 0) return
  }
  throw new Error('the conversation has no top')
}

/** Leaves the conversation and comes back by its entry in the list; gives when that was clicked. */
async function reopenInside(page: Page, id: string): Promise<number> {
  await page.keyboard.press('Control+Shift+o')
  await page.waitForURL('/')
  await page.evaluate(expectMessages)
  const startedAt = await page.evaluate(() => performance.now())
  await page.locator(`a[href$="/c/${id}"]`).first().click()
  await page.waitForSelector('[data-turn]')
  await sleep(500)
  return startedAt
}

/** An answer with everything that Markdown has. */
function markdownAnswer(): string {
  return range(12).map(markdownPart).join('\n')
}

function markdownPart(index: number): string {
  return (
    `## Part ${index}\n\nSome **bold** words, \`code\` and a [link](https://example.com/${index}).\n\n` +
    `1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`ts\nconst part = ${index}\n\`\`\`\n`
  )
}

async function judgeStreaming(
  { figures, options }: Bench,
  browser: Browser,
  context: BrowserContext,
  api: Api,
): Promise<void> {
  const id = mintId()
  await api.json({
    method: 'POST',
    path: `${api.base}/conversations`,
    body: { id, model: fakeModel, title: 'Streaming' },
  })
  const page = await context.newPage()
  await open(page, `/c/${id}`)
  await say(page, `[[fake rate=100 text=${JSON.stringify(markdownAnswer())}]]`)
  const flushes = await busyPerFrame(browser, page, () => untilAnswered(api, id))
  figures.info('streaming Markdown: frames', flushes.length)
  figures.info('streaming Markdown: main thread per frame, p50', quantile(flushes, 0.5), 'ms')
  figures.speed('streaming Markdown: main thread per frame, p95', quantile(flushes, 0.95), 'ms', {
    atMost: 8,
  })
  figures.info('streaming Markdown: main thread per frame, p99', quantile(flushes, 0.99), 'ms')

  await say(page, '[[fake rate=60 tokens=900]]')
  const before = (await page.evaluate(readNotes)).keys.length
  await page
    .locator(writer)
    .pressSequentially('what one writes while the answer streams '.repeat(options.quick ? 1 : 4), {
      delay: 50,
    })
  const keys = (await page.evaluate(readNotes)).keys.slice(before)
  figures.info('typing while streaming: keys', keys.length)
  figures.speed('typing while streaming: key to paint, p95', quantile(keys, 0.95), 'ms', { atMost: 32 })
  await page.close()
}

/** Sends a message and waits until its answer streams. */
async function say(page: Page, text: string): Promise<void> {
  await page.locator(writer).fill(text)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Stop' }).waitFor()
}

/** Waits for the answers of a conversation without asking the page, whose own work is being measured. */
async function untilAnswered(api: Api, conversationId: string): Promise<void> {
  const path = `${api.base}/runs?conversationId=${conversationId}`
  const deadline = performance.now() + 60_000
  while (performance.now() < deadline) {
    const { data } = runs.parse(await api.json({ path }))
    if (data.every(({ status }) => status === 'completed')) return
    await sleep(100)
  }
  throw new Error('the answer does not end')
}

/** A tour of the usual things, and the slowest answer to any of them. */
async function judgeInteractions({ figures }: Bench, context: BrowserContext, id: string): Promise<void> {
  const page = await context.newPage()
  await open(page, '/')
  const links = page.locator('a[href*="/c/"]')
  for (const index of range(4)) {
    await links.nth(index).click()
    await page.waitForSelector('[data-turn]')
    await sleep(200)
  }
  await page.locator(writer).pressSequentially('some words', { delay: 40 })
  await page.keyboard.press('Control+k')
  await page.keyboard.type('settings', { delay: 40 })
  await page.keyboard.press('Escape')
  await page.goto(`/c/${id}`)
  await page.waitForSelector('[data-turn]')
  await page.keyboard.press('Control+Shift+o')
  await sleep(500)
  const { interactions } = await page.evaluate(readNotes)
  figures.info('interactions that took 16 ms or more', interactions.length)
  figures.speed('slowest interaction (INP)', Math.max(16, ...interactions), 'ms', { atMost: 100 })
  await page.close()
}
