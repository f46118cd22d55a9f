import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { ask, composer, lastAnswer, moreWordsThan, questions, settled } from './support/chat.ts'
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

/** The name of what has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })
