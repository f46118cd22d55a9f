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

/** What axe finds, as `screen: rule: element`, so that a failure says where to look. The themes differ in colours only. */
async function expectNoBarriers(page: Page, screen: string): Promise<void> {
  await show(page, 'light')
  const light = await new AxeBuilder({ page }).analyze()
  await show(page, 'dark')
  const dark = await new AxeBuilder({ page }).withRules('color-contrast').analyze()
  const found = [...light.violations, ...dark.violations].flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target }) => `${screen}: ${impact} ${id}: ${target.join(' ')}`),
  )
  expect.soft(found).toEqual([])
}

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
