import { expect, inject, test } from 'vitest'
import { ask, choose, composer, conversations, questions } from './support/chat.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

test('has one line above a conversation, with its title, its actions, the list and a new chat', async () => {
  const page = await visits.ownerPage(phone)
  await page.getByText('Analytical Engines').waitFor()
  await ask(page, 'What fits on a small screen?')
  const bar = page.getByRole('banner')
  await bar.getByRole('heading', { level: 1 }).waitFor()
  const [barBox, firstTurn] = [await bar.boundingBox(), await questions(page).first().boundingBox()]
  expect(barBox).toMatchObject({ x: 0, y: 0, width: 390, height: 48 })
  expect(firstTurn?.y).toBeLessThan(48 + 24)
  expect(await page.getByRole('main').getByRole('heading', { level: 1 }).count()).toBe(0)

  await choose(bar.getByRole('button', { name: 'Conversation actions' }), 'Branch map')
  await page.getByRole('dialog', { name: 'Branch map' }).getByRole('button', { name: 'Close' }).click()
  await bar.getByRole('button', { name: 'Open navigation' }).click()
  await conversations(page).getByRole('link').first().waitFor()
  await page.getByRole('button', { name: 'Close navigation' }).click()
  await bar.getByRole('link', { name: 'New chat' }).click()
  await composer(page).waitFor()
  await bar.getByText('Analytical Engines').waitFor()
  expect(await bar.getByRole('heading').count()).toBe(0)
})
