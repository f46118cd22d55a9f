import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { ask, lastAnswer, moreWordsThan, questions, send, settled } from './support/chat.ts'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

/** Long enough offline for the reading of the session to have been given up. */
const tunnelMs = 6000

test('keeps what was sent offline in view behind queued messages, in two tabs, and notices that the server is back', async () => {
  visits.expectConsole(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/)
  await provider.enqueue({ tokens: 900, rate: 40 }, { includes: 'Talk all the way' })
  const page = await visits.ownerPage()
  await ask(page, 'Before the long tunnel')
  const beside = await page.context().newPage()
  await beside.goto(page.url())
  await send(page, 'Talk all the way')
  await moreWordsThan(page, 10)
  for (const text of ['Waits its turn', 'Waits after that']) {
    await send(page, text)
    await questions(page).getByText(text).waitFor()
  }
  await lastAnswer(page).getByText('Waiting its turn.').waitFor()
  await page.context().setOffline(true)
  await send(page, 'Written in the long tunnel')
  await page.getByText('Waiting to send').waitFor()
  await page.waitForTimeout(tunnelMs)

  await watchFor(page, 'Written in the long tunnel')
  await page.context().setOffline(false)
  await page.getByText('Atrium cannot be reached.').waitFor({ state: 'detached', timeout: 4000 })
  await questions(page).getByText('Written in the long tunnel').waitFor({ timeout: 5000 })
  await questions(beside).getByText('Written in the long tunnel').waitFor({ timeout: 5000 })
  expect(await page.evaluate(() => (globalThis as unknown as { missed: number }).missed)).toBe(0)

  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await settled(page)
  await settled(beside)
  expect(await provider.turns('Written in the long tunnel')).toHaveLength(1)
})

/** Counts in `missed` the frames in which a text is not to be seen on the page. */
async function watchFor(page: Page, text: string): Promise<void> {
  await page.evaluate((wanted) => {
    const scope = globalThis as unknown as { missed: number }
    scope.missed = 0
    const look = () => {
      if (!document.querySelector('main')?.textContent.includes(wanted)) scope.missed += 1
      requestAnimationFrame(look)
    }
    look()
  }, text)
}
