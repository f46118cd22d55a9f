import { beforeAll, expect, test } from 'vitest'
import { type App, startApp } from './support/app.ts'
import { ask, composer, conversations } from './support/chat.ts'
import { owner } from './support/owner.ts'
import { useVisits } from './support/visits.ts'

let app: App
const visits = useVisits(() => app.url)

beforeAll(async () => {
  app = await startApp({ connected: false })
  return () => app[Symbol.asyncDispose]()
})

test('leads the first person from an empty installation to an answer of the guide', async () => {
  const page = await (await visits.guest()).newPage()
  await page.goto('/')
  await page.getByRole('heading', { name: 'Set up Atrium' }).waitFor()
  await page.getByLabel('Your name').fill(owner.name)
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password', { exact: true }).fill(owner.password)
  await page.getByLabel('Workspace name').fill('Analytical Engines')
  await page.getByRole('button', { name: 'Create owner account' }).click()

  await page.getByRole('heading', { name: 'Welcome, Ada' }).waitFor()
  await page.getByRole('heading', { name: 'Built-in guide' }).waitFor()
  await page.getByRole('link', { name: 'Ask the guide' }).click()
  await composer(page).waitFor()
  const answer = await ask(page, 'How do I connect a model provider?')
  expect(await answer.innerText()).toContain('not a language model')
  expect(await answer.innerText()).toContain('Settings')
  // The title comes with the answer, and is not the question's place holder.
  await expect
    .poll(() => conversations(page).getByRole('link').first().innerText())
    .not.toMatch(/New conversation/)
})

test('asks whoever comes later to sign in, and lets the owner in again', async () => {
  visits.expectConsole(/status of 401/)
  const page = await (await visits.guest()).newPage()
  await page.goto('/search')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password', { exact: true }).fill('not the password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()

  await page.getByLabel('Password', { exact: true }).fill(owner.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Search' }).waitFor()
})

test('can be installed: a manifest with icons that exist, and a service worker that keeps the shell', async () => {
  const page = await (await visits.guest()).newPage()
  await page.goto('/sign-in')
  const href = await page.locator('link[rel="manifest"]').getAttribute('href')
  const reply = await page.request.get(href ?? '')
  expect(reply.headers()['content-type']).toMatch(/manifest\+json/)
  const manifest = (await reply.json()) as { name: string; start_url: string; icons: { src: string }[] }
  expect(manifest).toMatchObject({ name: 'Atrium', start_url: '/', display: 'standalone' })
  for (const { src } of manifest.icons) {
    const icon = await page.request.get(src)
    expect([icon.status(), icon.headers()['content-type']]).toEqual([200, expect.stringMatching(/^image\//)])
  }
  const worker = await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.scriptURL)
  expect(worker).toBe(`${app.url}/sw.js`)
})
