import type { BrowserContext, Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { ask, choose, composer, questions } from './support/chat.ts'
import { owner, signIn } from './support/owner.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)

test('forgets the conversations when a session has ended, and keeps a draft for its writer only', async () => {
  visits.expectConsole(/status of 40[14]/)
  const context = await visits.guest()
  await signIn(context.request, app.url)
  const colleague = await invite(context, 'hedy@example.com')
  const page = await context.newPage()
  await page.goto('/')
  await ask(page, 'Something private')
  await expect.poll(() => storedTexts(page)).toContain('Something private')
  await composer(page).fill('Half a thought')
  // A draft is stored a moment after the last key.
  await expect.poll(() => page.evaluate(() => JSON.stringify(localStorage))).toContain('Half a thought')
  const address = page.url()

  await context.clearCookies()
  await page.keyboard.press('ControlOrMeta+K')
  await page.keyboard.type('anything')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await expect.poll(() => storedTexts(page)).not.toContain('Something private')
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(owner.email)

  await enter(page, colleague.email, colleague.password)
  await page.goto(address)
  await page.getByText('Conversation not found').waitFor()
  await page.goto('/')
  await composer(page).waitFor()
  expect(await page.content()).not.toMatch(/Half a thought|Something private/)

  await context.clearCookies()
  await page.goto(address)
  await enter(page, owner.email, owner.password)
  await questions(page).getByText('Something private').waitFor()
  expect(await composer(page).inputValue()).toBe('Half a thought')
})

test('follows in one tab when another signs out', async () => {
  visits.expectConsole(/status of 401/)
  const context = await visits.guest()
  await signIn(context.request, app.url)
  const [leaving, following] = [await context.newPage(), await context.newPage()]
  await leaving.goto('/')
  await ask(leaving, 'Seen in two tabs')
  await following.goto(leaving.url())
  await questions(following).getByText('Seen in two tabs').waitFor()

  await leaving.bringToFront()
  await choose(leaving.getByRole('button', { name: /account menu/ }), 'Sign out')
  await leaving.getByRole('heading', { name: 'Sign in' }).waitFor()
  await following.getByRole('heading', { name: 'Sign in' }).waitFor()
  await expect.poll(() => storedTexts(following)).not.toContain('Seen in two tabs')

  await following.bringToFront()
  await enter(following, owner.email, owner.password)
  await questions(following).getByText('Seen in two tabs').waitFor()
  await ask(following, 'And written on')
})

/** Fills the form for signing in. */
async function enter(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' })
}

/** Gives somebody else an account in the owner's workspace. */
async function invite(context: BrowserContext, email: string): Promise<{ email: string; password: string }> {
  const { request } = context
  const { workspaces } = (await (await request.get(`${app.url}/api/v1/bootstrap`)).json()) as {
    workspaces: { id: string }[]
  }
  const reply = await request.post(`${app.url}/api/v1/workspaces/${workspaces[0]?.id}/invitations`, {
    data: { email, role: 'member' },
  })
  const { link } = (await reply.json()) as { link: string }
  const password = 'frequency hopping'
  const stranger = await visits.guest()
  const made = await stranger.request.post(`${app.url}/api/v1/auth/sign-up`, {
    data: { email, password, name: 'Hedy Lamarr', invitation: link.split('/').at(-1) },
  })
  expect(made.ok()).toBe(true)
  return { email, password }
}

/** Everything that the databases of this device hold, as one text. */
const storedTexts = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const found: unknown[] = []
    for (const { name = '' } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.addEventListener('success', () => resolve(opening.result))
        opening.addEventListener('error', () => reject(opening.error ?? new Error(name)))
      })
      for (const store of db.objectStoreNames) {
        const reading = db.transaction(store).objectStore(store).getAll()
        await new Promise((resolve) => reading.addEventListener('success', resolve))
        found.push(reading.result)
      }
      db.close()
    }
    return JSON.stringify(found)
  })
