import { expect, inject, test } from 'vitest'
import {
  answers,
  ask,
  choose,
  composer,
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

test('edits a message and reruns it as a second version', async () => {
  await provider.enqueue({ text: 'Oaks are old.' }, { includes: 'Tell me about oaks' })
  await provider.enqueue({ text: 'Elms are elegant.' }, { includes: 'Tell me about elms' })
  const page = await visits.ownerPage()
  await ask(page, 'Tell me about oaks')

  await questions(page).hover()
  await page.getByRole('button', { name: 'Edit message' }).click()
  await page.getByRole('textbox', { name: 'Edit message' }).fill('Tell me about elms')
  await page.getByRole('button', { name: 'Save and rerun' }).click()
  await answers(page).getByText('Elms are elegant.').waitFor()
  await settled(page)
  expect(await questions(page).innerText()).toContain('Tell me about elms')
  await questions(page).getByLabel('Version 2 of 2').waitFor()
  expect(await page.getByText('started a new branch').count()).toBe(0)

  await questions(page).getByRole('button', { name: 'Previous version' }).click()
  await answers(page).getByText('Oaks are old.').waitFor()
  await questions(page).getByLabel('Version 1 of 2').waitFor()
})

test('branches from an earlier answer and keeps both ways on', async () => {
  await provider.enqueue({ text: 'Three sisters.' }, { includes: 'Who lives there?' })
  await provider.enqueue({ text: 'In a tower.' }, { includes: 'Where exactly?' })
  await provider.enqueue({ text: 'Since the flood.' }, { includes: 'Since when?' })
  const page = await visits.ownerPage()
  await ask(page, 'Who lives there?')
  await ask(page, 'Where exactly?')

  await answers(page).first().hover()
  await choose(answers(page).first().getByRole('button', { name: 'More actions' }), 'Branch from here')
  await answers(page).getByText('In a tower.').waitFor({ state: 'detached' })
  await page.getByText('Your next message begins a new branch here.').waitFor()
  expect(await composer(page).evaluate((field) => field === document.activeElement)).toBe(true)
  await lastAnswer(page).getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Edit answer' }).waitFor()
  expect(await page.getByRole('menuitem', { name: 'Branch from here' }).count()).toBe(0)
  await page.keyboard.press('Escape')
  await ask(page, 'Since when?')
  expect(await answers(page).allInnerTexts()).toHaveLength(2)
  await questions(page).last().getByLabel('Version 2 of 2').waitFor()

  await questions(page).last().getByRole('button', { name: 'Previous version' }).click()
  await answers(page).getByText('In a tower.').waitFor()
})

test('regenerates with another model beside the first answer', async () => {
  await provider.enqueue({ text: 'A first opinion.' }, { model: 'fake-1', includes: 'Any opinion?' })
  await provider.enqueue({ text: 'A second opinion.' }, { model: 'fake-stream', includes: 'Any opinion?' })
  const page = await visits.ownerPage()
  const first = await ask(page, 'Any opinion?')

  await choose(first.getByRole('button', { name: 'More actions' }), /^Retry with fake-stream/)
  await answers(page).getByText('A second opinion.').waitFor()
  await settled(page)
  await page.getByRole('article', { name: 'Answer of fake-stream' }).getByLabel('Version 2 of 2').waitFor()
  await lastAnswer(page).getByRole('button', { name: 'Previous version' }).click()
  await page.getByRole('article', { name: 'Answer of fake-1' }).getByText('A first opinion.').waitFor()
})

test('stops an answer: the call upstream is closed, what was shown stays, a receipt tells the cost', async () => {
  await provider.enqueue({ tokens: 2000, rate: 40 }, { includes: 'Talk until I stop you' })
  const page = await visits.ownerPage()
  await send(page, 'Talk until I stop you')
  const seen = await moreWordsThan(page, 10)

  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await lastAnswer(page).getByText('Stopped', { exact: true }).waitFor()
  expect(await lastAnswer(page).innerText()).toMatch(/\d+ tokens in, \d+ out/)
  const kept = await wordsOf(lastAnswer(page))
  expect(kept).toEqual(inOrder(kept.length))
  expect(kept.length).toBeGreaterThanOrEqual(seen.length)
  await expect
    .poll(async () => (await provider.turns('Talk until I stop you')).map((call) => call.closedByClientAt))
    .toEqual([expect.any(Number)])

  await page.reload()
  await lastAnswer(page).getByText('Stopped', { exact: true }).waitFor()
  expect(await wordsOf(lastAnswer(page))).toEqual(kept)
})

test('begins one conversation for a double click on Send', async () => {
  const page = await visits.ownerPage()
  await composer(page).fill('Begin only once')
  await page.getByRole('button', { name: 'Send', exact: true }).dblclick({ delay: 60 })

  await settled(page)
  expect(await questions(page).count()).toBe(1)
  expect(await provider.turns('Begin only once')).toHaveLength(1)
})

test('sends one message for a double click on Send', async () => {
  await provider.enqueue({ tokens: 20, rate: 20 }, { includes: 'Click twice' })
  const page = await visits.ownerPage()
  await ask(page, 'A conversation to write in')
  await composer(page).fill('Click twice')
  await page.getByRole('button', { name: 'Send', exact: true }).dblclick({ delay: 60 })

  await moreWordsThan(page, 19)
  await settled(page)
  expect(await questions(page).filter({ hasText: 'Click twice' }).count()).toBe(1)
  expect(await wordsOf(lastAnswer(page))).toEqual(inOrder(20))
  expect(await provider.turns('Click twice')).toHaveLength(1)
})

test('an answer that its provider cut off says so, and goes on from its last word', async () => {
  await provider.enqueue(
    { tokens: 400, rate: 100, fault: 'error-after:30' },
    { includes: 'Break in the midst' },
  )
  const page = await visits.ownerPage()
  await send(page, 'Break in the midst')
  const answer = lastAnswer(page)
  await answer.getByText('This answer was cut off', { exact: true }).waitFor()
  await page.getByText('The answer was cut off.', { exact: true }).waitFor()
  const kept = await wordsOf(answer)
  expect(kept).toEqual(inOrder(30))
  await answer.getByRole('button', { name: 'Switch model' }).waitFor()
  await provider.enqueue({ text: ' w30 w31 and done.' }, {})
  await answer.getByRole('button', { name: 'Continue' }).click()
  await answer.getByText('and done.').waitFor()
  await settled(page)
  expect(await wordsOf(lastAnswer(page))).toEqual(inOrder(32))
  expect(await answers(page).count()).toBe(1)
})

test('without a word from the model there is nothing to continue', async () => {
  await provider.enqueue({ fault: 'status:400' }, { includes: 'Refuse me at once' })
  const page = await visits.ownerPage()
  await send(page, 'Refuse me at once')
  await lastAnswer(page).getByText('No answer', { exact: true }).waitFor()
  expect(await lastAnswer(page).getByRole('button', { name: 'Continue' }).count()).toBe(0)
})
