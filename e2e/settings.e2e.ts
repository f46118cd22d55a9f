import type { Locator, Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { ask, choose, composer } from './support/chat.ts'
import { signIn } from './support/owner.ts'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

test('adds a connection after testing it, and answers with one of its models', async () => {
  await provider.enqueue({ text: 'Greetings from the second.' }, { includes: 'Who is there?' })
  const page = await visits.ownerPage()
  const settings = await openSettings(page, 'Models')
  await settings.getByRole('button', { name: 'Connect a provider' }).click()
  const form = page.getByRole('dialog', { name: /provider|connect/i }).last()
  await form.getByText('OpenAI-compatible').click()
  await form.getByLabel('Name').fill('Workshop')
  await form.getByLabel('Address').fill('http://127.0.0.1:9/v1')
  await form.getByLabel('API key').fill('fake-key')
  await form.getByRole('button', { name: 'Test' }).click()
  await form.getByRole('alert').waitFor()

  await form.getByLabel('Address').fill(`${app.providerUrl}/v1`)
  await form.getByRole('button', { name: 'Test' }).click()
  await form.getByText('It works').waitFor()
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
  await settings.getByRole('listitem').filter({ hasText: 'Workshop' }).getByText('key stored').waitFor()
  await settings.getByRole('button', { name: 'Close settings' }).first().click()

  await page.getByRole('button', { name: /^Model:/ }).click()
  await page.getByRole('textbox', { name: 'Filter models' }).fill('workshop')
  await page.getByRole('button', { name: /^fake-1/ }).click()
  const answer = await ask(page, 'Who is there?')
  expect(await answer.innerText()).toContain('Greetings from the second.')

  // The same model of two connections is told apart wherever it is named.
  expect(await answer.innerText()).toContain('fake-1 · Workshop')
  await page.getByRole('button', { name: 'Model: fake-1 · Workshop' }).waitFor()
  await answer.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: /^Retry with fake-1\s*OpenAI$/ }).waitFor()
})

test('shows a new API key once, and the key works', async () => {
  const page = await visits.ownerPage()
  const settings = await openSettings(page, 'ApiKeys')
  await settings.getByRole('button', { name: 'Create key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create an API key' })
  await dialog.getByLabel('Name').fill('Nightly report')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  const key = await dialog.getByLabel('Nightly report').inputValue()
  expect(key).toMatch(/^atr_/)
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await settings.getByText('Nightly report', { exact: true }).waitFor()

  await page.reload()
  await settings.getByText('Nightly report', { exact: true }).waitFor()
  expect(await page.content()).not.toContain(key)
  const headers = { authorization: `Bearer ${key}` }
  const program = await fetch(`${app.url}/api/v1/bootstrap`, { headers })
  expect(program.status).toBe(200)
})

test('signs another browser out within seconds of ending its session', async () => {
  visits.expectConsole(/status of 401/)
  const [other, page] = await Promise.all([visits.guest(), visits.ownerPage()])
  await signIn(other.request, app.url)
  const elsewhere = await other.newPage()
  await elsewhere.goto('/')
  await composer(elsewhere).waitFor()

  const settings = await openSettings(page, 'Security')
  await settings.getByRole('button', { name: 'End all others' }).click()
  const endedAt = performance.now()
  await elsewhere.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(performance.now() - endedAt).toBeLessThan(5000)
  await settings.getByText('this one').waitFor()
  expect(await settings.getByRole('button', { name: 'End all others' }).count()).toBe(0)
})

test('invites a second person, who joins and sees nothing of the first', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'A secret of the owner')
  const settings = await openSettings(page, 'Members')
  await settings.getByRole('button', { name: /^Invite/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Invite a colleague' })
  await dialog.getByLabel('E-mail').fill('grace@example.com')
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  const link = await dialog.getByLabel('Invitation link').inputValue()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await settings.getByText('grace@example.com').waitFor()

  const hers = await (await visits.guest()).newPage()
  await hers.goto(link)
  await hers.getByRole('heading', { name: 'Join Analytical Engines' }).waitFor()
  await hers.getByRole('link', { name: 'Create an account' }).click()
  await hers.getByLabel('Your name').fill('Grace Hopper')
  await hers.getByLabel('Password', { exact: true }).fill('a ship in port is safe')
  await hers.getByRole('button', { name: 'Create account' }).click()
  await composer(hers).waitFor()
  await hers.getByText('No conversations yet').waitFor()

  await page.reload()
  await settings.getByRole('row', { name: /Grace Hopper/ }).waitFor()
})

test('signs out, and what this device kept is gone', async () => {
  visits.expectConsole(/status of 401/)
  const context = await visits.guest()
  await signIn(context.request, app.url)
  const page = await context.newPage()
  await page.goto('/')
  await ask(page, 'Something private')
  await choose(page.getByRole('button', { name: /account menu/ }), 'Sign out')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await expect
    .poll(() => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)))
    .toEqual([])
})

/** Opens a section of the settings over the page. */
async function openSettings(page: Page, section: string): Promise<Locator> {
  await composer(page).waitFor()
  await page.evaluate((name) => {
    location.hash = `settings/${name}`
  }, section)
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('heading', { level: 2 }).first().waitFor()
  return dialog
}
