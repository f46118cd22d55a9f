import { indexesIn } from '@atrium/testkit/provider'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** The parts of a conversation's screen, by what people call them. */
export const composer = (page: Page): Locator => page.getByRole('textbox', { name: 'Message', exact: true })
export const questions = (page: Page): Locator =>
  page.getByRole('article', { name: 'Your message', exact: true })
export const answers = (page: Page): Locator => page.getByRole('article', { name: /^Answer of/ })
export const lastAnswer = (page: Page): Locator => answers(page).last()
export const conversations = (page: Page): Locator => page.getByRole('list', { name: 'Conversations' })

export async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text)
  await page.getByRole('button', { name: /^Send/ }).click()
}

/** Sends a message and waits for the whole answer. */
export async function ask(page: Page, text: string): Promise<Locator> {
  const before = await answers(page).count()
  await send(page, text)
  await expect.poll(() => answers(page).count()).toBeGreaterThan(before)
  await settled(page)
  return lastAnswer(page)
}

/** Waits until no answer on the screen is being written. */
export async function settled(page: Page): Promise<void> {
  await lastAnswer(page).waitFor()
  await expect.poll(() => page.locator('article[aria-busy="true"]').count(), { timeout: 30_000 }).toBe(0)
}

/** The numbers of the fake provider's words in an answer, as they are shown. */
export async function wordsOf(answer: Locator): Promise<number[]> {
  return indexesIn(await answer.innerText())
}

/** Waits until more than `count` words of the newest answer are shown, and gives them. */
export async function moreWordsThan(page: Page, count: number): Promise<number[]> {
  await lastAnswer(page).waitFor()
  await expect.poll(async () => (await wordsOf(lastAnswer(page))).length).toBeGreaterThan(count)
  return wordsOf(lastAnswer(page))
}

/** `[0, 1, …]`: words of which none is lost, doubled or out of place. */
export const inOrder = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Chooses an entry of a menu that a button opens. */
export async function choose(trigger: Locator, entry: string | RegExp): Promise<void> {
  await trigger.click()
  await trigger.page().getByRole('menuitem', { name: entry }).first().click()
}
