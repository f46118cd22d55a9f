import type { Locator, Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { ask, choose, composer, lastAnswer, moreWordsThan, send, settled } from './support/chat.ts'
import { useVisits } from './support/visits.ts'

/** Whether people see at once what things are, and are told once what has happened. */
const app = inject('app')
const visits = useVisits(() => app.url)

const laptop = { viewport: { width: 1280, height: 800 } }
const marker = /^Source \d/

test('says once what a stopped answer has cost, in its own place', async () => {
  const page = await visits.ownerPage()
  await send(page, 'Go on [[fake tokens=2000 rate=40]]')
  await moreWordsThan(page, 3)
  await page.keyboard.press('Escape')
  await lastAnswer(page).getByText('Stopped', { exact: true }).waitFor()
  await settled(page)
  expect(await page.getByText(/tokens in, \d+ out/).count()).toBe(1)
  expect(await page.getByRole('region', { name: 'Notifications' }).innerText()).toBe('')
})

test('leads from the marks in an answer of the guide to its sources, and offers it no thinking', async () => {
  const page = await visits.ownerPage()
  await chooseModel(page, /^Guide/)
  expect(await page.getByRole('button', { name: /^Thinking is/ }).count()).toBe(0)
  const answer = await ask(page, 'How do I connect a model?')
  const marks = answer.getByRole('button', { name: marker })
  await expect.poll(() => marks.count()).toBeGreaterThan(2)
  await marks.last().click()
  const source = page.locator('li:focus')
  expect(await source.innerText()).toMatch(/›/)
  expect(await isInView(source)).toBe(true)
})

test('offers the way to the end only while there is one', async () => {
  const page = await visits.ownerPage({ viewport: { width: 1280, height: 420 } })
  await ask(page, 'Some lines [[fake tokens=250]]')
  const jump = page.getByRole('button', { name: 'Jump to latest' })
  await page.locator('[data-thread]').evaluate((box) => box.scrollTo({ top: 0 }))
  await jump.waitFor()
  await page.setViewportSize({ width: 1280, height: 1400 })
  await expect.poll(() => jump.count()).toBe(0)
})

test('draws the branch map in plain words, the branch that is read at the edge', async () => {
  const page = await visits.ownerPage()
  const answer = await ask(page, 'Echo [[fake text="## A **bold** heading"]]')
  await answer.hover()
  await answer.getByRole('button', { name: 'Retry', exact: true }).click()
  await page.getByText('2/2').waitFor()
  await settled(page)
  await page.getByRole('button', { name: 'Branch map' }).click()
  const map = page.getByRole('dialog', { name: 'Branch map' })
  const versions = map.getByRole('button', { name: /^Answer/ })
  await expect.poll(() => versions.count()).toBe(2)
  expect(await versions.allInnerTexts()).toEqual([
    expect.stringMatching(/A bold heading\s+version 1 of 2/),
    expect.stringMatching(/A bold heading\s+version 2 of 2/),
  ])
  const [other = 0, read = 0] = await versions.evaluateAll((rows) =>
    rows.map((row) => row.firstElementChild?.getBoundingClientRect().left ?? 0),
  )
  const [question = 0] = await map
    .getByRole('button', { name: /^You/ })
    .evaluateAll((rows) => rows.map((row) => row.firstElementChild?.getBoundingClientRect().left ?? 0))
  expect(read).toBe(question)
  expect(other).toBeGreaterThan(read)
})

test('names the conversation that is to be deleted, and the figures under it', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'Something to weigh')
  await page.getByText(/^\d+(\.\d+k)? tokens$/).waitFor()
  await page.getByText(/^Context in use: .* tokens\. Cost so far: /).waitFor({ state: 'attached' })
  await choose(page.getByRole('button', { name: 'Conversation actions' }), 'Delete')
  // The title may still be on its way.
  const title = page.locator('h1')
  await expect
    .poll(async () => page.getByRole('dialog', { name: `Delete “${await title.innerText()}”?` }).count())
    .toBe(1)
})

test('colours closed code right after a reload, while the answer goes on', async () => {
  const page = await visits.ownerPage()
  const rest = 'and so on it goes '.repeat(60)
  await send(page, `Echo [[fake rate=20 text="\`\`\`ts\\nconst one = 1\\n\`\`\`\\n${rest}"]]`)
  const coloured = lastAnswer(page).locator('code span[style*="light-dark"]')
  await lastAnswer(page).getByText('goes and').waitFor()
  await page.reload()
  await expect.poll(() => coloured.count()).toBeGreaterThan(2)
  expect(await lastAnswer(page).getAttribute('aria-busy')).toBe('true')
  await page.keyboard.press('Escape')
  await settled(page)
})

test('opens settings from the sidebar', async () => {
  const page = await visits.ownerPage()
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('button', { name: 'Settings', exact: true })
    .click()
  await page.getByRole('dialog', { name: 'Settings' }).waitFor()
})

test('says inside the form what is missing, and goes to the first such field', async () => {
  const page = await (await visits.guest(laptop)).newPage()
  await page.goto('/sign-in')
  const mail = page.getByLabel('E-mail')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect.poll(() => page.getByText('Fill in this field.').count()).toBe(2)
  expect(await mail.evaluate((field) => field === document.activeElement)).toBe(true)
  await mail.fill('ada')
  expect(await page.getByText('Fill in this field.').count()).toBe(1)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('This is not an e-mail address.').waitFor()
  expect(await mail.getAttribute('aria-invalid')).toBe('true')
})

test('brings the result of a first test into view on a laptop', async () => {
  const context = await visits.owner(laptop)
  const page = await context.newPage()
  await page.goto('/welcome')
  await page.getByRole('button', { name: /^Connect (a provider|another)/ }).click()
  await page.getByText('OpenAI-compatible', { exact: true }).click()
  const test = page.getByRole('button', { name: 'Test', exact: true }).last()
  await test.click()
  await page.getByText('Fill in this field.').waitFor()
  await page.getByLabel('Address').fill('http://127.0.0.1:9/v1')
  await test.click()
  const result = page.getByRole('alert').filter({ hasText: 'Nothing answers at 127.0.0.1:9' })
  await result.waitFor()
  await expect.poll(() => isInView(result)).toBe(true)
})

test('forgets the address and its test when another kind of provider is chosen', async () => {
  const page = await visits.ownerPage(laptop)
  const places = [
    { path: '/welcome', form: page.getByRole('main') },
    { path: '/#settings/Models', form: page.getByRole('dialog', { name: 'Connect a provider' }) },
  ]
  for (const { path, form } of places) {
    await page.goto(path)
    await page.getByRole('button', { name: /^Connect (a provider|another)/ }).click()
    await form.getByText('OpenAI-compatible', { exact: true }).click()
    await form.getByLabel('Address').fill('http://127.0.0.1:9/v1')
    await form.getByRole('button', { name: 'Test', exact: true }).click()
    const result = form.getByText('Nothing answers at 127.0.0.1:9')
    await result.waitFor()
    await form.getByText('Anthropic', { exact: true }).click()
    expect(await form.getByLabel('Address').inputValue()).toBe('')
    expect(await result.count()).toBe(0)
  }
})

async function chooseModel(page: Page, name: RegExp): Promise<void> {
  await composer(page).waitFor()
  await page.getByRole('button', { name: /^Model:/ }).click()
  await page.getByRole('dialog', { name: 'Model' }).getByRole('button', { name }).click()
}

/** Whether an element lies wholly inside the window. */
const isInView = (element: Locator): Promise<boolean> =>
  element.evaluate((node) => {
    const { top, bottom } = node.getBoundingClientRect()
    return top >= 0 && bottom <= innerHeight
  })
