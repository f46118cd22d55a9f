import { request } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { type App, startApp } from './support/app.ts'
import {
  ask,
  composer,
  inOrder,
  lastAnswer,
  moreWordsThan,
  questions,
  send,
  settled,
  wordsOf,
} from './support/chat.ts'
import { signUpOwner } from './support/owner.ts'
import { useVisits } from './support/visits.ts'

let app: App
const visits = useVisits(() => app.url)

beforeAll(async () => {
  app = await startApp({ connected: true })
  const caller = await request.newContext()
  await signUpOwner(caller, app.url)
  await caller.dispose()
  return () => app[Symbol.asyncDispose]()
})

test('keeps what was shown when the server is killed in the midst of an answer, and continues it', async () => {
  visits.expectConsole(
    /ERR_CONNECTION_(REFUSED|RESET)|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_SOCKET_NOT_CONNECTED/,
  )
  visits.expectConsole(/ERR_EMPTY_RESPONSE|status of 503/)
  app.provider.enqueue({ tokens: 2000, rate: 40 }, { includes: 'Answer through a crash' })
  const page = await visits.ownerPage()
  await send(page, 'Answer through a crash')
  await moreWordsThan(page, 20)

  await app.kill()
  const shown = await wordsOf(lastAnswer(page))
  expect(shown).toEqual(inOrder(shown.length))
  await app.start()
  await lastAnswer(page).getByText('This answer was interrupted').waitFor({ timeout: 30_000 })
  const kept = await wordsOf(lastAnswer(page))
  expect(kept).toEqual(inOrder(kept.length))
  expect(kept.length).toBeGreaterThanOrEqual(shown.length)
  const figures = lastAnswer(page).getByRole('button', { name: /^[\d.]+ s · tokens and cost unknown$/ })
  // The time until the last word, not until somebody noticed: a process is given up after 5 s.
  expect(Number.parseFloat(await figures.innerText())).toBeLessThan(5)

  const next = kept.length
  app.provider.enqueue({ text: ` w${next} w${next + 1} and done.` }, {})
  await lastAnswer(page).getByRole('button', { name: 'Continue' }).click()
  await lastAnswer(page).getByText('and done.').waitFor()
  await settled(page)
  expect(await wordsOf(lastAnswer(page))).toEqual(inOrder(next + 2))
  expect(await questions(page).count()).toBe(1)
})

test('sends what was written while the server was down, once', async () => {
  visits.expectConsole(/ERR_CONNECTION_(REFUSED|RESET)|ERR_INCOMPLETE_CHUNKED_ENCODING|status of 503/)
  const page = await visits.ownerPage()
  await ask(page, 'Before the server goes down')
  await app.kill()
  await send(page, 'Written while the server was down')
  await page.getByText('Waiting to send').waitFor()

  await app.start()
  await questions(page).getByText('Written while the server was down').waitFor({ timeout: 30_000 })
  await settled(page)
  expect(app.provider.stats().turnsByMarker['Written while the server was down']).toBe(1)
})

test('says within seconds that the server cannot be reached, also in another tab, and no more once it is back', async () => {
  visits.expectConsole(/ERR_CONNECTION_(REFUSED|RESET)|ERR_INCOMPLETE_CHUNKED_ENCODING|status of 503/)
  const page = await visits.ownerPage()
  const beside = await page.context().newPage()
  await beside.goto(page.url())
  for (const tab of [page, beside]) await composer(tab).waitFor()
  let refused = 0
  page.on('requestfailed', () => (refused += 1))
  await app.kill()
  // Beside the banner, a part that could not be read says the same in its place.
  const tabs = [page, beside]
  for (const tab of tabs)
    await tab.getByText('Atrium cannot be reached. Trying again').waitFor({ timeout: 6000 })
  await page.waitForTimeout(4000)
  // Each pause is longer than the one before.
  expect(refused).toBeLessThan(20)

  await app.start()
  for (const tab of tabs)
    await expect.poll(() => tab.getByText('Atrium cannot be reached.').count(), { timeout: 20_000 }).toBe(0)
})
