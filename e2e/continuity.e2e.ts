import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import {
  ask,
  choose,
  composer,
  conversations,
  inOrder,
  lastAnswer,
  moreWordsThan,
  questions,
  send,
  settled,
  wordsOf,
} from './support/chat.ts'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

test('goes on with the same answer after a refresh in its midst', async () => {
  await provider.enqueue({ tokens: 120, rate: 40 }, { includes: 'Answer while I refresh' })
  const page = await visits.ownerPage()
  await send(page, 'Answer while I refresh')
  const before = await moreWordsThan(page, 15)
  expect(before).toEqual(inOrder(before.length))

  await page.reload()
  const after = await moreWordsThan(page, 0)
  expect(after).toEqual(inOrder(after.length))
  expect(after.length).toBeGreaterThanOrEqual(before.length)
  expect(await lastAnswer(page).getAttribute('aria-busy')).toBe('true')
  await settled(page)
  expect(await wordsOf(lastAnswer(page))).toEqual(inOrder(120))
  expect(await provider.turns('Answer while I refresh')).toHaveLength(1)
})

test('shows one stream in two tabs', async () => {
  await provider.enqueue({ tokens: 160, rate: 40 }, { includes: 'Answer in both tabs' })
  const writing = await visits.ownerPage()
  await send(writing, 'Answer in both tabs')
  await moreWordsThan(writing, 5)
  const watching = await writing.context().newPage()
  await watching.goto(writing.url())

  const seen = await moreWordsThan(watching, 5)
  expect(seen).toEqual(inOrder(seen.length))
  expect(await lastAnswer(watching).getAttribute('aria-busy')).toBe('true')
  await Promise.all([settled(writing), settled(watching)])
  expect(await wordsOf(lastAnswer(writing))).toEqual(inOrder(160))
  expect(await wordsOf(lastAnswer(watching))).toEqual(inOrder(160))
  expect(await provider.turns('Answer in both tabs')).toHaveLength(1)

  await send(writing, 'A second question')
  await questions(watching).getByText('A second question').waitFor()
})

test('shows in one tab what another begins, without a reload', async () => {
  const context = await visits.owner()
  const [writing, watching] = [await context.newPage(), await context.newPage()]
  await Promise.all([writing.goto('/'), watching.goto('/')])
  await composer(watching).waitFor()
  await send(writing, 'Begun in the other tab')
  await writing.waitForURL('**/c/*')

  const address = new URL(writing.url()).pathname
  await conversations(watching).locator(`a[href="${address}"]`).click()
  await questions(watching).getByText('Begun in the other tab').waitFor()
  await settled(watching)
  expect(await provider.turns('Begun in the other tab')).toHaveLength(1)
})

test('shows a message that another tab had to send for this one', async () => {
  visits.expectConsole(/ERR_FAILED/)
  const context = await visits.owner()
  const [writing, helping] = [await context.newPage(), await context.newPage()]
  await Promise.all([writing.goto('/'), helping.goto('/')])
  await composer(helping).waitFor()
  await writing.route('**/conversations', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  )
  await send(writing, 'Sent by the other tab')

  await questions(writing).getByText('Sent by the other tab').waitFor()
  await settled(writing)
  expect(await provider.turns('Sent by the other tab')).toHaveLength(1)
})

test('leaves a conversation in one tab when another deletes it, and comes back when that is undone', async () => {
  visits.expectConsole(/status of 404/)
  const context = await visits.owner()
  const [deleting, reading] = [await context.newPage(), await context.newPage()]
  await deleting.goto('/')
  await ask(deleting, 'To be deleted elsewhere')
  await reading.goto(deleting.url())
  await questions(reading).getByText('To be deleted elsewhere').waitFor()
  const address = new URL(deleting.url()).pathname
  const entry = conversations(reading).locator(`a[href="${address}"]`)
  await entry.waitFor()

  await deleting.bringToFront()
  await choose(deleting.getByRole('button', { name: 'Conversation actions' }), 'Delete')
  await deleting.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await reading.getByText('Conversation not found').waitFor()
  await entry.waitFor({ state: 'detached' })
  await deleting.getByRole('button', { name: 'Undo' }).click()
  await reading.bringToFront()
  await entry.click()
  await questions(reading).getByText('To be deleted elsewhere').waitFor()
})

test('keeps what is written offline and sends it once when the connection is back', async () => {
  visits.expectConsole(/ERR_INTERNET_DISCONNECTED/)
  const page = await visits.ownerPage()
  await ask(page, 'Something to read on the train')
  await page.context().setOffline(true)
  await page.getByText('You are offline.').waitFor()
  await send(page, 'Written in a tunnel')
  const waiting = page.getByRole('article', { name: 'Your message, not sent yet' })
  await waiting.getByText('Waiting to send').waitFor()
  expect(await provider.turns('Written in a tunnel')).toHaveLength(0)

  await page.context().setOffline(false)
  await questions(page).getByText('Written in a tunnel').waitFor()
  await waiting.waitFor({ state: 'detached' })
  await settled(page)
  await page.reload()
  await settled(page)
  expect(await questions(page).filter({ hasText: 'Written in a tunnel' }).count()).toBe(1)
  expect(await provider.turns('Written in a tunnel')).toHaveLength(1)
})

test('opens read conversations and keeps unsent messages through a reload without a connection', async () => {
  visits.expectConsole(/ERR_INTERNET_DISCONNECTED/)
  await provider.enqueue({ text: 'Lighthouses of Brittany.' }, { includes: 'A book for the island' })
  const page = await visits.ownerPage()
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
  })
  await ask(page, 'A book for the island')
  await storedOnDevice(page, 'Lighthouses of Brittany.')
  await page.context().setOffline(true)
  await send(page, 'Thanks, from the ferry')
  await page.getByText('Waiting to send').waitFor()

  await page.reload()
  await lastAnswer(page).getByText('Lighthouses of Brittany.').waitFor()
  await page.getByText('Waiting to send').waitFor()
  await conversations(page).getByRole('link').first().waitFor()

  await page.context().setOffline(false)
  await questions(page).getByText('Thanks, from the ferry').waitFor()
  await settled(page)
  expect(await provider.turns('Thanks, from the ferry')).toHaveLength(1)
})

/** Waits until the copy that this device keeps of its conversations contains a text. */
async function storedOnDevice(page: Page, text: string): Promise<void> {
  await expect.poll(() => page.evaluate(readStoredConversations)).toContain(text)
}

async function readStoredConversations(): Promise<string> {
  const infos = await indexedDB.databases()
  const copies = await Promise.all(
    infos.map(
      ({ name = '' }) =>
        new Promise<unknown>((resolve, reject) => {
          const opening = indexedDB.open(name)
          opening.addEventListener('error', () => reject(opening.error ?? new Error(name)))
          opening.addEventListener('success', () => {
            const all = opening.result.transaction('conversations').objectStore('conversations').getAll()
            all.addEventListener('success', () => {
              opening.result.close()
              resolve(all.result)
            })
          })
        }),
    ),
  )
  return JSON.stringify(copies)
}
