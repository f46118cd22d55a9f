import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { signIn } from './owner.ts'

/** The browser of one test file. Every context is closed after its test, which fails when a page had a problem. */
export interface Visits {
  /** A profile of somebody who is not signed in. */
  guest(options?: BrowserContextOptions): Promise<BrowserContext>
  /** A profile in which the owner is signed in. */
  owner(options?: BrowserContextOptions): Promise<BrowserContext>
  /** The start page as the owner sees it. */
  ownerPage(options?: BrowserContextOptions): Promise<Page>
  /** Announces console errors that the running test brings about itself. */
  expectConsole(pattern: RegExp): void
}

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
]
const failures = join(tmpdir(), 'atrium-e2e-failures')

/** Registers the hooks of a test file. `url` is asked for once the program runs. */
export function useVisits(url: () => string): Visits {
  let browser: Browser
  let session: Awaited<ReturnType<BrowserContext['storageState']>> | undefined
  let open: BrowserContext[] = []
  let problems: string[] = []
  let expected: RegExp[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args })
    return () => browser.close()
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await photograph(open, task.name)
    await Promise.all(open.map((context) => context.close()))
    const unexpected = problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)))
    open = []
    problems = []
    expected = []
    expect(unexpected, 'problems that pages reported').toEqual([])
  })
  afterAll(() => {
    session = undefined
  })

  const guest = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
    const context = await browser.newContext({
      baseURL: url(),
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'reduce',
      locale: 'en-GB',
      ...options,
    })
    context.setDefaultTimeout(15_000)
    watch(context, url(), (problem) => problems.push(problem))
    open.push(context)
    return context
  }
  const owner = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
    if (session) return guest({ storageState: session, ...options })
    const context = await guest(options)
    await signIn(context.request, url())
    session = await context.storageState()
    return context
  }
  return {
    guest,
    owner,
    ownerPage: async (options) => {
      const page = await (await owner(options)).newPage()
      await page.goto('/')
      return page
    },
    expectConsole: (pattern) => void expected.push(pattern),
  }
}

/** Reports errors in the console, exceptions, and requests that leave the program's own address. */
function watch(context: BrowserContext, url: string, report: (problem: string) => void): void {
  context.on('console', (message) => {
    if (message.type() === 'error') report(`console: ${message.text()} (${message.location().url})`)
  })
  context.on('weberror', (error) => report(`exception: ${String(error.error().stack ?? error.error())}`))
  context.on('request', (request) => {
    const isLocal =
      /^(blob|data):/.test(request.url()) || new URL(request.url()).origin === new URL(url).origin
    if (!isLocal) report(`request to ${request.url()}`)
  })
}

/** What the pages of a failed test looked like, for whoever looks into it. */
async function photograph(contexts: readonly BrowserContext[], test: string): Promise<void> {
  mkdirSync(failures, { recursive: true })
  const pages = contexts.flatMap((context) => context.pages())
  const name = test.replaceAll(/[^\w]+/g, '-')
  await Promise.allSettled(
    pages.map((page, index) =>
      page.screenshot({ path: join(failures, `${name}-${index}.png`), timeout: 5000 }),
    ),
  )
}
