import type { Page } from 'playwright-core'
import { beforeEach, expect, inject, test } from 'vitest'
import { ask, composer, conversations, lastAnswer, settled } from './support/chat.ts'
import { useVisits } from './support/visits.ts'

/** Parts of the app are files of their own; here some of them cannot be read. */
const app = inject('app')
const visits = useVisits(() => app.url)

beforeEach(() => {
  visits.expectConsole(/ERR_FAILED/)
})

test('keeps the page when settings cannot be read, and shows them on another try', async () => {
  const page = await visits.ownerPage()
  await composer(page).fill('Half a sentence')
  const readable = await withhold(page, 'SettingsDialog')
  await page.keyboard.press('ControlOrMeta+Comma')
  const notice = page.getByRole('alert').filter({ hasText: 'could not be loaded' })
  await notice.waitFor()
  expect(await page.getByText('new version').count()).toBe(0)
  await notice.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(() => notice.getByRole('button').getAttribute('aria-disabled')).toBeNull()

  await readable()
  await notice.getByRole('button', { name: 'Try again' }).click()
  const settings = page.getByRole('dialog', { name: 'Settings' })
  await settings.getByRole('heading', { name: 'Profile' }).waitFor()
  await page.keyboard.press('Escape')
  expect(await composer(page).inputValue()).toBe('Half a sentence')
})

test('keeps the list and the navigation when a screen cannot be read', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'Something for the list')
  const readable = await withhold(page, 'SearchScreen')
  await page.keyboard.press('ControlOrMeta+K')
  await page.getByRole('option', { name: 'Search conversations' }).click()
  const notice = page.getByRole('main').getByRole('alert').filter({ hasText: 'could not be loaded' })
  await notice.waitFor()
  await conversations(page).getByRole('link').first().click()
  await settled(page)

  await readable()
  await page.goBack()
  await page.getByRole('heading', { name: 'Search' }).waitFor()
})

test('brings back every place of a part that could not be read with one try', async () => {
  const context = await visits.owner()
  const page = await context.newPage()
  const readable = await withhold(page, 'chat')
  await page.goto('/')
  const notices = page.getByRole('alert').filter({ hasText: 'could not be loaded' })
  await expect.poll(() => notices.count()).toBe(2)
  await page.getByRole('button', { name: /account menu/ }).waitFor()

  await readable()
  await notices.first().getByRole('button', { name: 'Try again' }).click()
  await composer(page).waitFor()
  await expect.poll(() => notices.count()).toBe(0)
  await ask(page, 'Are you back?')
})

test('shows the source of a formula when the typesetter cannot be read', async () => {
  const page = await visits.ownerPage()
  await withhold(page, 'Formula')
  await ask(page, 'Echo this: [[fake text="So $e^{x}$ grows."]]')
  await lastAnswer(page).locator('code', { hasText: 'e^{x}' }).waitFor()
})

test('says that a new version is out only when the server has one', async () => {
  const page = await visits.ownerPage()
  await composer(page).waitFor()
  await withhold(page, 'ShortcutSheet')
  await page.route('**/index.html?*', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<script type="module" src="/assets/index-other.js">' }),
  )
  await page.getByRole('button', { name: 'Hide sidebar' }).focus()
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'Not loaded' })
  await dialog.getByText('A new version of Atrium is out').waitFor()
  const reloaded = page.waitForEvent('load')
  await dialog.getByRole('button', { name: 'Reload' }).click()
  await reloaded
  await composer(page).waitFor()
})

/** Withholds a file of the app; gives how to let it through again. */
async function withhold(page: Page, name: string): Promise<() => Promise<void>> {
  const file = new RegExp(`/assets/(extra/)?${name}-[^/]*\\.js$`)
  await page.route(file, (route) => route.abort())
  return () => page.unroute(file)
}
