import { type Locator, type Page, request } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { type App, startApp } from './support/app.ts'
import { ask, composer } from './support/chat.ts'
import { owner } from './support/owner.ts'
import { useVisits } from './support/visits.ts'

let app: App
const visits = useVisits(() => app.url)

beforeAll(async () => {
  app = await startApp({ connected: false })
  const caller = await request.newContext()
  const data = { ...owner, workspaceName: 'Analytical Engines' }
  await caller.post(`${app.url}/api/v1/auth/sign-up`, { data })
  await caller.dispose()
  return () => app[Symbol.asyncDispose]()
})

test('says on the first run when a provider does not answer', async () => {
  const page = await (await visits.owner()).newPage()
  await page.goto('/welcome')
  await page.getByRole('button', { name: 'Connect a provider' }).click()
  await connect(page.getByRole('main'), 'Nobody', 'http://127.0.0.1:9/v1')
  await page.getByText('Nobody does not answer yet.').waitFor()
  await page.getByText('Nothing answers at 127.0.0.1:9').waitFor()
  expect(await page.getByText('Ready to use').count()).toBe(0)
  expect(await page.getByLabel('New conversations begin with').count()).toBe(0)
  await withoutProviders(page)
})

test('lets everybody begin with a model of the provider that is connected on the first run', async () => {
  const page = await (await visits.owner()).newPage()
  await page.goto('/welcome')
  await page.getByRole('button', { name: 'Connect a provider' }).click()
  await connect(page.getByRole('main'), 'Workshop')
  const choice = page.getByLabel('New conversations begin with')
  await choice.waitFor()
  expect(await choice.inputValue()).toMatch(/^workshop\/fake-/)
  await choice.selectOption('workshop/fake-1')
  await page.getByRole('button', { name: 'Go to the workspace' }).click()

  await page.getByRole('button', { name: 'Model: fake-1' }).waitFor()
  expect(await (await ask(page, 'Who answers now?')).innerText()).not.toContain('built-in guide')
  expect(await defaultModel(page)).toBe('workshop/fake-1')
})

test('offers the model of a first provider that is connected later, until one is the default', async () => {
  const page = await (await visits.owner()).newPage()
  await withoutProviders(page)
  await page.goto('/')
  await page.getByRole('button', { name: 'Model: Guide' }).waitFor()
  await page.evaluate(() => {
    location.hash = 'settings/Models'
  })
  const settings = page.getByRole('dialog', { name: 'Settings' })
  await settings.getByRole('button', { name: 'Connect a provider' }).click()
  await connect(page.getByRole('dialog', { name: 'Connect a provider' }), 'Attic')
  await settings.getByText('Attic is connected').waitFor()
  await settings.getByRole('button', { name: 'Make it the default' }).click()
  await settings.getByText(/^New conversations begin with fake-/).waitFor()
  await settings.getByRole('button', { name: 'Done' }).click()
  expect(await defaultModel(page)).toMatch(/^attic\/fake-/)

  await settings.getByRole('button', { name: 'Connect a provider' }).click()
  await connect(page.getByRole('dialog', { name: 'Connect a provider' }), 'Cellar')
  await settings.getByText(/^Its \d+ models can be chosen now/).waitFor()
  expect(await settings.getByRole('button', { name: 'Make it the default' }).count()).toBe(0)
  await settings.getByRole('button', { name: 'Close settings' }).first().click()
  await composer(page).waitFor()
  await page.getByRole('button', { name: /^Model: fake-.* · Attic/ }).waitFor()
})

/** Fills the form of a new connection that leads to the fake provider. */
async function connect(form: Locator, name: string, address = `${app.provider.url}/v1`): Promise<void> {
  await form.getByText('OpenAI-compatible').click()
  await form.getByLabel('Name').fill(name)
  await form.getByLabel('Address').fill(address)
  await form.getByLabel('API key').fill('fake-key')
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
}

interface Workspace {
  id: string
  defaultModel: string
}

async function workspaceOf(page: Page): Promise<Workspace> {
  const reply = await page.request.get(`${app.url}/api/v1/bootstrap`)
  const { workspaces } = (await reply.json()) as { workspaces: [Workspace] }
  return workspaces[0]
}

const defaultModel = async (page: Page): Promise<string> => (await workspaceOf(page)).defaultModel

/** As it was before anything was connected. */
async function withoutProviders(page: Page): Promise<void> {
  const base = `${app.url}/api/v1/workspaces/${(await workspaceOf(page)).id}`
  const { data } = (await (await page.request.get(`${base}/connections`)).json()) as {
    data: { id: string; source: string }[]
  }
  for (const { id } of data.filter(({ source }) => source === 'person'))
    await page.request.delete(`${base}/connections/${id}`)
  await page.request.patch(base, { data: { defaultModel: 'atrium/guide' } })
}
