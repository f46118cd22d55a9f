import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { answers, ask, composer } from './support/chat.ts'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
}
const devices = [
  { device: 'a desktop', options: {} },
  { device: 'a phone', options: phone },
]
const sections = [
  'Profile',
  'Appearance',
  'Security',
  'Styles',
  'Workspace',
  'Members',
  'Models',
  'ApiKeys',
  'Audit',
  'Mail',
]

/** An answer with one of everything that the thread can draw. */
const rich = `## Findings

Read the [manual](https://example.com/manual), *then* **start**. Use \`npm start\`.

1. First
2. Second
   - [x] done
   - [ ] open

> Quoted wisdom

#### A detail

| Model | Price |
|---|---:|
| small | 1 |

\`\`\`ts
const answer: number = 42 // the usual
\`\`\`
`

test.for(devices)('has no barriers on $device, light and dark', { timeout: 120_000 }, async ({ options }) => {
  const stranger = await (await visits.guest(options)).newPage()
  await stranger.goto('/sign-in')
  await stranger.getByRole('heading', { name: 'Sign in' }).waitFor()
  await expectNoBarriers(stranger, 'sign-in')
  await stranger.goto('/sign-up')
  await stranger.getByRole('heading', { level: 1 }).waitFor()
  await expectNoBarriers(stranger, 'sign-up')

  await provider.enqueue({ text: rich, reasoning: 5 }, { includes: 'Show me everything' })
  const page = await visits.ownerPage(options)
  await composer(page).waitFor()
  await expectNoBarriers(page, 'new chat')
  await ask(page, 'Show me everything')
  await answers(page).getByText('Findings').waitFor()
  await expectNoBarriers(page, 'conversation')
  await page.goto('/search?q=Findings')
  await page.getByRole('list', { name: 'Results' }).waitFor()
  await expectNoBarriers(page, 'search')

  await page.goto('/welcome')
  await page.getByLabel('New conversations begin with').waitFor()
  await expectNoBarriers(page, 'welcome')

  for (const section of sections) {
    await page.goto(`/search#settings/${section}`)
    const dialog = page.getByRole('dialog', { name: 'Settings' })
    await dialog.getByRole('heading', { level: 2 }).first().waitFor()
    await expect.poll(() => dialog.locator('[aria-busy="true"]').count()).toBe(0)
    await expectNoBarriers(page, section)
  }
})

test.for(devices)(
  'has no barriers in the console on $device, light and dark',
  { timeout: 300_000 },
  async ({ options }) => {
    const page = await visits.ownerPage(options)
    await fillConsole(page)
    for (const [path, title] of consoleScreens) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      await settledScreen(page)
      await expectNoBarriers(page, title)
    }
    for (const [path, button] of consoleDialogs) {
      await page.goto(path)
      await page.getByRole('button', { name: button }).first().click()
      await page.getByRole('dialog').last().waitFor()
      await settledScreen(page)
      await expectNoBarriers(page, `${path}: ${button.source}`)
    }
    await page.goto(`/device?user_code=${await newDeviceCode(page)}`)
    await page.getByRole('heading', { name: 'Sign this device in?' }).waitFor()
    await expectNoBarriers(page, 'device')
    await page.goto('/device')
    await page.getByLabel('Code').waitFor()
    await expectNoBarriers(page, 'device without a code')
  },
)

const consoleScreens = [
  ['/usage?days=7&by=key', 'Usage'],
  ['/keys', 'Keys'],
  ['/teams', 'Teams'],
  ['/budgets', 'Budgets'],
  ['/models', 'Models'],
  ['/routing', 'Routing'],
  ['/routing?alias=new', 'New alias'],
  ['/playground', 'Playground'],
] as const
const consoleDialogs = [
  ['/usage?days=7', /open this call/],
  ['/keys', /^Create key/],
  ['/keys', /^Change a key with a name/],
  ['/keys', /^Replace the secret of a key with a name/],
  ['/keys', /^Revoke a key with a name/],
  ['/teams', /^New team/],
  ['/teams', /^Open Cartography/],
  ['/budgets', /^New budget/],
  ['/budgets', /^Change Maps/],
  ['/budgets', /^What Maps/],
  ['/budgets', /^Delete Maps/],
  ['/budgets', /^Grant credits/],
  ['/models', /^fake-reasoning$/],
  ['/models?model=openai%2Ffake-reasoning', /^Set a price/],
  ['/models?model=openai%2Ffake-reasoning', /^Rate recorded calls again/],
  ['/models?model=openai%2Ffake-reasoning', /^Remove the price/],
] as const

/** One of everything that the screens of the console can draw. It may be there already. */
async function fillConsole(page: Page): Promise<void> {
  const read = async <T>(path: string, data?: object): Promise<T> => {
    const url = `${app.url}${path}`
    const response = await (data ? page.request.post(url, { data }) : page.request.get(url))
    // The caller names the form that the endpoint answers with.
    return (await response.json()) as T
  }
  const { workspaces } = await read<{ workspaces: { id: string }[] }>('/api/v1/bootstrap')
  const workspace = `/api/v1/workspaces/${workspaces[0]?.id}`
  const found = await read<{ data: { name: string }[] }>(`${workspace}/teams`)
  if (found.data.some(({ name }) => name === 'Cartography')) return
  const team = await read<{ id: string }>(`${workspace}/teams`, { name: 'Cartography' })
  const key = await read<{ id: string; secret: string }>(`${workspace}/api-keys`, {
    name: 'a key with a name that is long enough to need more than one line on most screens',
    scopes: ['gateway:call', 'model:read'],
    teamId: team.id,
    models: ['openai/*'],
    limits: { rpm: 60, concurrency: 2 },
  })
  const limit = { period: 'month', limitNanoUsd: '50000000', alertPercents: [50] }
  const unknownPrice = { rule: 'ceiling', nanoUsd: '30000000' }
  const ofTeam = { scope: 'team', scopeId: team.id, unknownPrice, ...limit }
  await read(`${workspace}/budgets`, { name: 'Maps', ...ofTeam })
  await read(`${workspace}/budgets`, { name: 'Atlas', ...ofTeam, enabled: false })
  const rate = { base: '3000000000', tiers: [{ aboveInputTokens: 200_000, price: '6000000000' }] }
  await read(`${workspace}/price-overrides`, {
    modelPattern: 'fake-reasoning',
    sheet: { rates: { input: rate, output: rate }, perCall: '0' },
    note: 'a contract',
  })
  await fetch(`${app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/fake-1', messages: [{ role: 'user', content: 'Draw a map' }] }),
  })
}

async function newDeviceCode(page: Page): Promise<string> {
  const data = { device: 'a tool without a browser' }
  const response = await page.request.post(`${app.url}/api/v1/auth/device-codes`, { data })
  const { userCode } = (await response.json()) as { userCode: string }
  return userCode
}

/** Waits until nothing of the screen is being read. */
const settledScreen = (page: Page): Promise<void> =>
  expect.poll(() => page.locator('[aria-busy="true"]').count()).toBe(0)

/** What axe finds, as `screen: rule: element`, so that a failure says where to look. The themes differ in colours only. */
async function expectNoBarriers(page: Page, screen: string): Promise<void> {
  await show(page, 'light')
  const light = await axe(page).analyze()
  await show(page, 'dark')
  const dark = await axe(page).withRules('color-contrast').analyze()
  const found = [...light.violations, ...dark.violations].flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target }) => `${screen}: ${impact} ${id}: ${target.join(' ')}`),
  )
  expect.soft(found).toEqual([])
}

/** Without a page of its own for the sums of each run: no screen has frames of another origin. */
const axe = (page: Page): AxeBuilder => new AxeBuilder({ page }).setLegacyMode()

/** Changes the system's theme and waits until the page has followed it. */
async function show(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme })
  await page.waitForFunction(
    (theme) =>
      document.documentElement.dataset['theme'] === theme &&
      document.getAnimations().every(({ playState }) => playState !== 'running'),
    colorScheme,
  )
}
