import { expect, inject, test } from 'vitest'
import {
  answers,
  ask,
  choose,
  composer,
  conversations,
  lastAnswer,
  questions,
  send,
  settled,
} from './support/chat.ts'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

const onePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

test('marks an answer that a person has edited, on the screen and in a download', async () => {
  await provider.enqueue({ text: 'The tower is red.' }, { includes: 'Which colour?' })
  const page = await visits.ownerPage()
  await ask(page, 'Which colour?')
  await choose(lastAnswer(page).getByRole('button', { name: 'More actions' }), 'Edit answer')
  await page.getByRole('textbox', { name: 'Edit answer' }).fill('The tower is green.')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await lastAnswer(page).getByText('edited by you').waitFor()
  const download = page.waitForEvent('download')
  await choose(page.getByRole('button', { name: 'Conversation actions' }), 'Download as Markdown')
  const stream = await (await download).createReadStream()
  const text = (await stream.toArray()).join('')
  expect(text).toContain('edited by Ada Lovelace')

  await lastAnswer(page).getByRole('button', { name: 'Previous version' }).click()
  await lastAnswer(page).getByText('The tower is red.').waitFor()
  expect(await lastAnswer(page).getByText('edited by you').count()).toBe(0)
})

test('says which limit is reached and when a message goes on', async () => {
  visits.expectConsole(/status of 429/)
  const page = await visits.ownerPage()
  await ask(page, 'Before the limit')
  const { workspaces } = await (await page.request.get('/api/v1/bootstrap')).json()
  const limits = `/api/v1/workspaces/${workspaces[0].id}/rate-limits`
  await page.request.patch(limits, { data: { person: { rpm: 1 } } })
  try {
    await send(page, 'Within the limit')
    await send(page, 'Beyond the limit')
    await page
      .getByText(/^Your limit of requests per minute \(1\) is reached\. It is sent at \d\d:\d\d:\d\d\.$/)
      .waitFor()
  } finally {
    await page.request.patch(limits, { data: { person: { rpm: null } } })
  }
})

test('begins new conversations with the default model and the normal style, whatever was chosen in others', async () => {
  const page = await visits.ownerPage()
  await composer(page).fill('/concise')
  await page.getByRole('option', { name: '/concise' }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Style: Concise' }).waitFor()
  await page.getByRole('button', { name: /^Model:/ }).click()
  await page.getByRole('button', { name: /built-in guide/ }).click()
  await ask(page, 'How are my conversations stored?')
  await page.getByRole('button', { name: 'Style: Concise' }).waitFor()

  await page.getByRole('link', { name: 'New chat' }).click()
  await page.getByRole('button', { name: 'Model: fake-1' }).waitFor()
  await page.getByRole('button', { name: 'Style: Normal' }).waitFor()
})

test('lists what was deleted and restores it', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'Deleted and found again')
  const address = new URL(page.url()).pathname
  await page.getByRole('heading', { level: 1, name: 'New conversation' }).waitFor({ state: 'detached' })
  const title = await page.getByRole('heading', { level: 1 }).innerText()
  await choose(page.getByRole('button', { name: 'Conversation actions' }), 'Delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.waitForURL('/')
  await page.reload()
  await choose(page.getByRole('button', { name: 'All conversations' }), 'Deleted conversations')
  await page
    .getByRole('button', { name: `Restore ${title}` })
    .first()
    .click()
  await page.getByRole('button', { name: `Restore ${title}` }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Back to conversations' }).click()
  await conversations(page).locator(`a[href="${address}"]`).click()
  await questions(page).getByText('Deleted and found again').waitFor()
})

test('answers addresses that name nothing with a calm page', async () => {
  visits.expectConsole(/status of 40[04]/)
  const page = await visits.ownerPage()
  const reply = await page.goto('/nope')
  expect(reply?.status()).toBe(404)
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
  await page.goto('/c/not-a-thing')
  await page.getByText('Conversation not found').waitFor()
  const api = await page.request.get('/api/v1/nope', { headers: { accept: 'text/html' } })
  expect(await api.json()).toMatchObject({ error: { code: 'RESOURCE_NOT_FOUND' } })
})

test('warns before a picture goes to a model that is not known to see, and gives the whole reason of a refusal', async () => {
  visits.expectConsole(/status of 4\d\d/)
  const page = await visits.ownerPage()
  const files = page.getByLabel('Files', { exact: true })
  await files.setInputFiles({
    name: 'dot.png',
    mimeType: 'image/png',
    buffer: Buffer.from(onePixel, 'base64'),
  })
  await page.getByText('fake-1 is not known to see pictures.').waitFor()
  await files.setInputFiles({
    name: 'paper.pdf',
    mimeType: 'application/pdf',
    buffer: Buffer.from('%PDF-1.4\n'),
  })
  const reason = page.getByText(/This looks like a PDF document/)
  await reason.waitFor()
  expect(await reason.evaluate((box) => box.scrollWidth <= box.clientWidth)).toBe(true)
})

test('lists the shortcuts of conversations on every screen, under a heading of their own', async () => {
  const page = await visits.ownerPage()
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Shortcuts' })
  const own = sheet.getByRole('region', { name: 'Open conversation' }).getByRole('term')
  const names = ['Copy the last answer', 'Copy the last code block', 'Find in this conversation']
  await own.first().waitFor()
  expect(await own.allInnerTexts()).toEqual([...names, 'Rename this conversation', 'Stop the answer'])
})

test('shows the prompt of a continued answer in the order that the model read it', async () => {
  await provider.enqueue({ tokens: 2000, rate: 40 }, { includes: 'Begin, and be continued' })
  const page = await visits.ownerPage()
  await send(page, 'Begin, and be continued')
  await expect.poll(() => lastAnswer(page).innerText()).toContain('w9')
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await provider.enqueue({ text: ' The end.' }, {})
  await lastAnswer(page).getByRole('button', { name: 'Continue' }).click()
  await answers(page).getByText('The end.').waitFor()
  await settled(page)
  await choose(lastAnswer(page).getByRole('button', { name: 'More actions' }), 'Inspect prompt')
  const dialog = page.getByRole('dialog', { name: 'Prompt' })
  await dialog.getByText('Why it went there').waitFor()
  const titles = await dialog.getByRole('heading', { level: 3 }).allInnerTexts()
  expect(titles.slice(-3)).toEqual(['You', 'Assistant, to be continued from here', 'Why it went there'])
})

test('tells a member who was removed what has happened, and lets them sign out', async () => {
  visits.expectConsole(/status of 40[34]/)
  const owner = await visits.ownerPage()
  const { workspaces } = await (await owner.request.get('/api/v1/bootstrap')).json()
  const workspace = `/api/v1/workspaces/${workspaces[0].id}`
  const invited = { email: 'gus@example.com', role: 'member' }
  const { link } = await (await owner.request.post(`${workspace}/invitations`, { data: invited })).json()
  const invitation = new URL(link).pathname
  const guest = await visits.guest()
  const data = {
    name: 'Gus',
    email: invited.email,
    password: 'correct horse battery staple',
    invitation: invitation.split('/').at(-1),
  }
  const { person } = await (await guest.request.post('/api/v1/auth/sign-up', { data })).json()
  const page = await guest.newPage()
  await page.goto('/')
  await composer(page).waitFor()
  await owner.request.delete(`${workspace}/members/${person.id}`)
  await page.getByRole('heading', { name: 'You are not in a workspace any more' }).waitFor()

  await page.goto(invitation)
  await page.getByText('Ask whoever invited you for a new link.').waitFor()
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
  await page.goto('/')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in')
})
