import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { ask } from './support/chat.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)

/** A small laptop. */
const viewport = { width: 1280, height: 800 }

async function open(path: string): Promise<Page> {
  const page = await visits.ownerPage({ viewport })
  await page.goto(`${app.url}${path}`)
  return page
}

/** The lower edge of the button that ends a dialog, in pixels from the top of the window. */
async function lowerEdge(page: Page, name: string): Promise<number> {
  const box = await page.getByRole('dialog').last().getByRole('button', { name, exact: true }).boundingBox()
  return box ? box.y + box.height : Infinity
}

test('the actions of long dialogs are in view without scrolling', async () => {
  const page = await open('/keys')
  await page.getByRole('button', { name: 'Create key' }).first().click()
  await page.getByLabel('Calls at once').waitFor()
  expect(await lowerEdge(page, 'Create key')).toBeLessThan(viewport.height)
  // What has the focus comes to rest above them.
  const budget = page.getByLabel('Budget in dollars')
  await budget.focus()
  const box = await budget.boundingBox()
  const actions = await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).boundingBox()
  expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(actions?.y ?? 0)
})

test('an invitation says that its link opens on this computer only, and the audit log whom it was for', async () => {
  const page = await open('/#settings/Members')
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Invite a colleague' })
  await dialog.getByLabel('E-mail').fill('barbara@example.com')
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  await dialog.getByText('It opens on this computer only').waitFor()
  await dialog.getByText('you find it in Mail outbox').waitFor()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Audit log' }).click()
  await page.getByText('Invitation created: barbara@example.com').waitFor()
})

test('a new budget says how many models it would refuse, and leads to their prices', async () => {
  const page = await open('/budgets')
  await page.getByRole('button', { name: 'New budget' }).first().click()
  await page.getByText(/^\d+ models in use have no price\.|^One model in use has no price\./).waitFor()
  await page.getByRole('link', { name: 'See them, and set prices' }).click()
  await page.getByRole('heading', { name: 'Models', level: 1 }).waitFor()
  await page.getByRole('table', { name: 'Models' }).getByText('price unknown').first().waitFor()
})

test('usage without calls is one empty state instead of charts of zeros', async () => {
  const page = await open('/usage?personId=00000000-0000-7000-8000-000000000000')
  await page.getByText('No calls match in this period').waitFor()
  expect(await page.getByRole('table').count()).toBe(0)
  await page.getByRole('button', { name: 'Show a whole year' }).click()
  await expect.poll(() => page.url()).toContain('days=365')
})

test('figures without a period before them are compared with nothing', async () => {
  const page = await open('/')
  await ask(page, 'Count me in')
  await expect
    .poll(async () => {
      await page.goto('/usage?days=7')
      await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor()
      await expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0)
      return page.getByRole('term').filter({ hasText: 'First token' }).count()
    })
    .toBe(1)
  expect(await page.getByText(/the period before|nothing to compare/).count()).toBe(0)
})

test('the general settings are titled as their entry is, and say whose they are', async () => {
  const page = await open('/#settings/Workspace')
  const settings = page.getByRole('dialog', { name: 'Settings' })
  await settings.getByRole('heading', { level: 2, name: 'General' }).waitFor()
  await settings.getByText('What all members of Analytical Engines share.').waitFor()
})
