import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import {
  ask,
  composer,
  conversations,
  lastAnswer,
  moreWordsThan,
  questions,
  settled,
} from './support/chat.ts'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

test('writes, stops and edits without a mouse', async () => {
  await provider.enqueue({ tokens: 2000, rate: 40 }, { includes: 'line one' })
  await provider.enqueue({ text: 'Edited well.' }, { includes: 'line one, changed' })
  const page = await visits.ownerPage()
  await composer(page).waitFor()
  await expect.poll(() => focused(page)).toBe('Message')
  await page.keyboard.type('line one')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('line two')
  await page.keyboard.press('Enter')
  await moreWordsThan(page, 5)
  expect(await questions(page).innerText()).toMatch(/line one\nline two/)

  await page.keyboard.press('Escape')
  await lastAnswer(page).getByText('Stopped', { exact: true }).waitFor()
  await composer(page).focus()
  await page.keyboard.press('ArrowUp')
  await expect.poll(() => focused(page)).toBe('Edit message')
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type('line one, changed')
  await page.keyboard.press('ControlOrMeta+Enter')
  await lastAnswer(page).getByText('Edited well.').waitFor()
  await settled(page)
  await questions(page).getByLabel('Version 2 of 2').waitFor()
})

test('opens settings and gives the focus back when they close', async () => {
  const page = await visits.ownerPage()
  await composer(page).waitFor()
  await expect.poll(() => focused(page)).toBe('Message')
  await page.keyboard.press('ControlOrMeta+Comma')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('heading', { name: 'Profile' }).waitFor()
  expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)

  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => focused(page)).toBe('Message')
  expect(new URL(page.url()).hash).toBe('')
})

test('passes the navigation by the skip link', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'Is there a way around the list?')
  await page.reload()
  await settled(page)
  await page.keyboard.press('Tab')
  await expect.poll(() => focused(page)).toBe('Skip to content')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect.poll(() => focused(page)).toBe('Branch map')
})

test('walks through the commands with arrow keys and starts a new chat by its shortcut', async () => {
  const page = await visits.ownerPage()
  await composer(page).waitFor()
  await page.keyboard.press('ControlOrMeta+K')
  await expect.poll(() => focused(page)).toMatch(/Search/)
  await page.keyboard.type('search conv')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Search' }).waitFor()
  await page.keyboard.press('ControlOrMeta+Shift+O')
  await expect.poll(() => focused(page)).toBe('Message')
  expect(new URL(page.url()).pathname).toBe('/')
})

test('goes to every screen of the console from the command palette', async () => {
  const page = await visits.ownerPage()
  await composer(page).waitFor()
  await page.keyboard.press('ControlOrMeta+K')
  const places = page.getByRole('dialog').getByRole('group', { name: 'Console' }).getByRole('option')
  await places.first().waitFor()
  const names = ['Insights', 'Usage', 'Traces', 'Keys', 'Teams', 'Budgets', 'Models', 'Routing', 'Playground']
  expect(await places.allInnerTexts()).toEqual(names)
  await page.keyboard.type('budg')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Budgets' }).waitFor()
})

test('takes what is typed at once after the palette was asked for, while its results are still on their way', async () => {
  // The results are a file of their own, read when they are first shown; a service worker may have it already.
  const page = await visits.ownerPage({ serviceWorkers: 'block' })
  await composer(page).waitFor()
  await expect.poll(() => focused(page)).toBe('Message')
  const gate = Promise.withResolvers<void>()
  await page.route('**/assets/PaletteResults-*.js', async (route) => {
    await gate.promise
    await route.continue()
  })
  await page.keyboard.press('ControlOrMeta+K')
  await page.keyboard.type('search conv')
  await page.keyboard.press('Enter')
  expect(await composer(page).inputValue()).toBe('')
  expect(await page.getByRole('combobox', { name: /^Search for/ }).inputValue()).toBe('search conv')
  gate.resolve()
  await page.getByRole('heading', { name: 'Search' }).waitFor()
})

test('lists shortcuts that the guide also lists, and that work', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'Something to copy')
  await page.getByRole('button', { name: 'Copy answer' }).last().focus()
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Shortcuts' })
  await sheet.getByRole('heading', { name: 'Message field' }).waitFor()
  const listed = await sheet.locator('dl > div').evaluateAll((rows) =>
    rows.map((row) => ({
      title: row.querySelector('dt')?.textContent ?? '',
      keys: [...row.querySelectorAll('kbd')].map((key) => key.textContent).join('+'),
    })),
  )
  const guide = await readFile(join(import.meta.dirname, '../docs/guide/keyboard-shortcuts.md'), 'utf8')
  const missing = listed.filter(({ keys }) => !guide.includes(keys))
  expect(missing).toEqual([])
  await page.keyboard.press('Escape')
  await sheet.waitFor({ state: 'detached' })

  const press = (title: string) => {
    const keys = listed.find((row) => row.title === title)?.keys ?? `no shortcut for ${title}`
    return page.keyboard.press(keys.replace('Ctrl', 'Control').replace('Esc', 'Escape'))
  }
  await press('Copy the last answer')
  await page.getByText('Copied the last answer.').waitFor()
  await press('Copy the last code block')
  await page.getByText('There is no last code block to copy.').waitFor()
  await press('Go to the message field')
  await expect.poll(() => focused(page)).toBe('Message')
  await press('Rename this conversation')
  await page.getByRole('dialog', { name: 'Rename conversation' }).waitFor()
  await page.keyboard.press('Escape')
  await press('Show or hide the sidebar')
  await page.getByRole('button', { name: 'Show sidebar' }).waitFor()
  await press('Show or hide the sidebar')
  await page.getByRole('button', { name: 'Hide sidebar' }).waitFor()
  await press('Open the command palette')
  await page.getByRole('dialog', { name: 'Command palette' }).waitFor()
  await press('Open the command palette')
  await press('Settings')
  await page.getByRole('dialog', { name: 'Settings' }).waitFor()
  await page.keyboard.press('Escape')
  await press('New chat')
  await page.waitForURL((url) => url.pathname === '/')
})

test('names no shortcut of one key where those are turned off', async () => {
  const page = await visits.ownerPage()
  await composer(page).waitFor()
  await page.evaluate(() => localStorage.setItem('atrium.singleKeyShortcuts', 'false'))
  await page.reload()
  await composer(page).waitFor()
  await page.keyboard.press('ControlOrMeta+K')
  const option = page.getByRole('option', { name: /^Show the shortcuts/ })
  await option.waitFor()
  expect(await option.locator('kbd').count()).toBe(0)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Hide sidebar' }).focus()
  await page.keyboard.press('?')
  expect(await page.getByRole('dialog', { name: 'Shortcuts' }).count()).toBe(0)
})

test('what is typed after opening a conversation or asking for a new one goes into the message field', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'A place to come back to')
  await expect.poll(() => focused(page)).toBe('Message')
  await page.keyboard.press('ControlOrMeta+Shift+O')
  await page.waitForURL((url) => url.pathname === '/')
  await expect.poll(() => focused(page)).toBe('Message')

  await page.getByRole('button', { name: 'Hide sidebar' }).focus()
  await page.keyboard.press('ControlOrMeta+Shift+O')
  await expect.poll(() => focused(page)).toBe('Message')
  await page.getByRole('link', { name: 'New chat' }).click()
  await expect.poll(() => focused(page)).toBe('Message')

  const row = conversations(page).getByRole('link').first()
  await row.click()
  await questions(page).getByText('A place to come back to').waitFor()
  await page.keyboard.type('more of it')
  expect(await composer(page).inputValue()).toBe('more of it')
})

test('who opens a conversation by the keyboard stays at its place in the list', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'Opened by a key')
  await page.getByRole('link', { name: 'New chat' }).click()
  await page.waitForURL((url) => url.pathname === '/')
  const row = conversations(page).getByRole('link').first()
  await row.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await questions(page).getByText('Opened by a key').waitFor()
  await page.waitForTimeout(300)
  expect(await row.evaluate((link) => link === document.activeElement)).toBe(true)
})

/** The name of what has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })
