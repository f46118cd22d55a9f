import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { chromium, type Browser, type BrowserContext, type Page, type Response } from 'playwright-core'
import { z } from 'zod'
import { account } from './atrium.ts'
import { takeNotes } from './in-page.ts'

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A Chromium with nothing to do but our page. `CHROMIUM` names another one than Debian's. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: false,
    args: flags,
  })

/** A fresh profile in which the first administrator is signed in. */
export async function openProfile(browser: Browser, url: string): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } })
  await context.addInitScript(takeNotes)
  const answer = await context.request.post('/api/v1/auth/sign-in', {
    data: account,
    headers: { origin: url },
  })
  if (!answer.ok()) throw new Error(`signing in answered ${answer.status()}: ${await answer.text()}`)
  return context
}

const quietMs = 800

/** Opens an address and waits until the page has asked for nothing more for a while; streams stay open. */
export async function openQuietly(page: Page, path: string, selector: string): Promise<void> {
  let lastAt = performance.now()
  const onRequest = (): void => {
    lastAt = performance.now()
  }
  page.on('request', onRequest)
  await page.goto(path)
  await page.waitForSelector(selector)
  while (performance.now() < lastAt + quietMs) await sleep(50)
  page.off('request', onRequest)
}

/** What a page loaded, by kind. Sizes are of the contents after gzip, whatever encoding went over the wire. */
export interface Weights {
  readonly requests: number
  readonly scriptKb: number
  readonly styleKb: number
  readonly fontKb: number
}

/** Watches what the page itself asks for; what its service worker fetches ahead in the background does not count. */
export function weigh(page: Page): () => Promise<Weights> {
  const responses: Response[] = []
  let requests = 0
  page.on('request', (request) => {
    if (!request.serviceWorker() && !request.url().startsWith('data:')) requests += 1
  })
  page.on('websocket', () => (requests += 1))
  page.on('response', (response) => {
    if (!response.request().serviceWorker()) responses.push(response)
  })
  return async () => ({
    requests,
    scriptKb: await kilobytes(responses, 'script'),
    styleKb: await kilobytes(responses, 'stylesheet'),
    fontKb: await kilobytes(responses, 'font'),
  })
}

async function kilobytes(
  responses: readonly Response[],
  type: 'script' | 'stylesheet' | 'font',
): Promise<number> {
  const chosen = responses.filter((response) => response.request().resourceType() === type)
  const bodies = await Promise.all(chosen.map((response) => response.body()))
  // Fonts are compressed in themselves.
  const sizes = bodies.map((body) => (type === 'font' ? body : gzipSync(body, { level: 9 })).length)
  return sizes.reduce((sum, size) => sum + size, 0) / 1000
}

const trace = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      ph: z.string(),
      pid: z.number(),
      tid: z.number(),
      /** Microseconds. */
      ts: z.number(),
      dur: z.number().optional(),
      /** What of it the thread was running, not waiting for a processor. */
      tdur: z.number().optional(),
    }),
  ),
})

/**
 * Milliseconds of processor time that the page's main thread took for each frame that it painted while `work` ran, with
 * all that led to it: reading the stream, scripts, layout, paint.
 */
export async function busyPerFrame(
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<number[]> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
  await work()
  const { traceEvents } = trace.parse(JSON.parse((await browser.stopTracing()).toString('utf8')))
  const painter = traceEvents.find(({ name }) => name === 'FireAnimationFrame')
  const mine = traceEvents.filter(({ pid, tid }) => pid === painter?.pid && tid === painter.tid)
  const ends = mine.filter(({ name, ph }) => name === 'AnimationFrame' && ph === 'e').map(({ ts }) => ts)
  const busy = new Float64Array(ends.length)
  for (const { name, ts, tdur, dur = 0 } of mine) {
    if (name !== 'ThreadControllerImpl::RunTask') continue
    const frame = ends.findIndex((end) => end >= ts)
    if (frame >= 0) busy[frame] = (busy[frame] ?? 0) + (tdur ?? dur) / 1000
  }
  return [...busy]
}
