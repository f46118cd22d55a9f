import type { ApiKey, Bootstrap, Invitation } from '@atrium/contract'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { owner } from './support/owner.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)

const screens = [
  ['/usage', 'Usage', 'member'],
  ['/keys', 'Keys', 'member'],
  ['/teams', 'Teams', 'viewer'],
  ['/budgets', 'Budgets', 'member'],
  ['/models', 'Models', 'viewer'],
  ['/models?model=openai%2Ffake-1', 'Models', 'viewer'],
  ['/routing', 'Routing', 'viewer'],
  ['/playground', 'Playground', 'member'],
] as const

test('shows viewers what is theirs, says calmly what is not, and asks the server for neither', async () => {
  const { page } = await joined('viewer')
  const refused = refusals(page)
  await page.goto('/')
  await page.getByRole('link', { name: 'Console' }).click()
  await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor()
  for (const [path, title, role] of screens) {
    await open(page, path, title)
    const calm = page.getByText('This is not part of your role')
    expect(await calm.count(), path).toBe(role === 'viewer' ? 0 : 1)
    await expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0)
    expect(await acting(page), path).toEqual([])
  }
  expect(refused()).toEqual([])
})

test('gives members every screen without buttons that would fail', async () => {
  const { page, personId } = await joined('member')
  const refused = refusals(page)
  const api = await ownersApi()
  const scopes = ['gateway:call', 'model:read']
  const made = await api<ApiKey>('api-keys', { name: 'Made for a member', ownerId: personId, scopes })
  await api('teams', { name: `Team of strangers ${made.id}` })
  for (const [path, title] of screens) {
    await open(page, path, title)
    await expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0)
    expect(await page.getByText('This is not part of your role').count(), path).toBe(0)
  }
  await open(page, '/keys', 'Keys')
  const others = page.getByRole('row', { name: /Made for a member/ })
  await others.getByText(`made by ${owner.name}`).waitFor()
  expect(await others.getByRole('button').count()).toBe(1)
  await others.getByRole('button', { name: 'Revoke Made for a member' }).waitFor()
  expect(await others.getByRole('switch').count()).toBe(0)
  await page.getByRole('button', { name: 'Create key' }).click()
  const form = page.getByRole('dialog', { name: 'Create an API key' })
  await form.getByLabel('Name').fill('Made by a member')
  expect(await form.getByLabel('Team', { exact: true }).count()).toBe(0)
  await form.getByRole('button', { name: 'Create key' }).click()
  await form.getByRole('button', { name: 'I have copied it' }).click()
  const own = page.getByRole('row', { name: /Made by a member/ })
  await own.getByRole('button', { name: 'Replace the secret of Made by a member' }).waitFor()
  await own.getByRole('button', { name: 'Change Made by a member' }).waitFor()
  await open(page, '/budgets', 'Budgets')
  expect(await page.getByRole('button', { name: /^(New budget|Grant credits)/ }).count()).toBe(0)
  expect(refused()).toEqual([])
})

/** Somebody who has joined the workspace of the owner and is signed in. */
async function joined(role: 'member' | 'viewer'): Promise<{ page: Page; personId: string }> {
  const api = await ownersApi()
  const email = `${role}-${Date.now()}@example.com`
  const { link } = await api<Invitation & { link: string }>('invitations', { email, role })
  const context = await visits.guest()
  const data = { name: `A ${role}`, email, password: owner.password, invitation: link.split('/').at(-1) }
  await context.request.post(`${app.url}/api/v1/auth/sign-up`, { data })
  const me = await context.request.get(`${app.url}/api/v1/me`)
  // The endpoint answers by the contract.
  const { id: personId } = (await me.json()) as { id: string }
  return { page: await context.newPage(), personId }
}

async function ownersApi(): Promise<<T>(path: string, data: object) => Promise<T>> {
  const { request } = await visits.owner()
  const response = await request.get(`${app.url}/api/v1/bootstrap`)
  // As above.
  const { workspaces } = (await response.json()) as Bootstrap
  const workspace = `${app.url}/api/v1/workspaces/${workspaces[0]?.id}`
  return async <T>(path: string, data: object) => {
    const reply = await request.post(`${workspace}/${path}`, { data })
    expect(reply.status(), await reply.text()).toBe(201)
    return (await reply.json()) as T
  }
}

async function open(page: Page, path: string, title: string): Promise<void> {
  await page.goto(path)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

/** What of the screen would change something. */
const acting = async (page: Page): Promise<string[]> =>
  page
    .locator('main, dialog')
    .getByRole('button', {
      name: /^(New|Create|Change|Delete|Remove|Revoke|Replace|Set|Grant|Give|Add|Rate)/,
    })
    .allInnerTexts()

/** Collects requests that the server refuses to this person. */
function refusals(page: Page): () => string[] {
  const found: string[] = []
  page.on('response', (response) => {
    if (response.status() === 403) found.push(new URL(response.url()).pathname)
  })
  return () => found
}
