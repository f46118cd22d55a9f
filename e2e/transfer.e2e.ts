import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { ask, choose, composer, questions } from './support/chat.ts'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)
const fixtures = join(import.meta.dirname, '../apps/server/src/modules/chat/transfer/__fixtures__')

test('finds a conversation by a word in it, shows it as plain text and opens it at the message', async () => {
  const written = '## Bars\n\nA **xylophone** has `wooden` bars, see [a page](https://example.com/bars).'
  await provider.enqueue({ text: written }, { includes: 'Which instrument' })
  const page = await visits.ownerPage()
  await ask(page, 'Which instrument has wooden bars?')
  const address = new URL(page.url()).pathname

  await page.goto('/search')
  await page.getByRole('searchbox').fill('xylophone')
  const hit = page.getByRole('list', { name: 'Results' }).getByRole('link').first()
  await hit.getByText('xylophone').waitFor()
  expect(await hit.innerText()).toContain('A xylophone has wooden bars, see a page.')
  expect(await hit.locator('mark').allInnerTexts()).toEqual(['xylophone'])
  await hit.click()
  await page.getByRole('article').getByText('A xylophone has wooden bars').waitFor()
  expect(new URL(page.url()).pathname).toBe(address)
})

test('has one control that clears the search', async () => {
  const page = await visits.ownerPage()
  await page.goto('/search?q=nothing-like-this')
  await page.getByText('Nothing found').waitFor()
  const field = page.getByRole('searchbox')
  // Where the browser would have its own.
  const box = await field.boundingBox()
  await field.click({ position: { x: (box?.width ?? 0) - 8, y: (box?.height ?? 0) / 2 } })
  expect(await field.inputValue()).toBe('nothing-like-this')
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await page.getByText('Find anything you or a model wrote').waitFor()
  expect(await field.evaluate((input) => input === document.activeElement)).toBe(true)
  expect(await page.getByRole('button', { name: 'Clear the search' }).count()).toBe(0)
})

test('finds a conversation from the command palette', async () => {
  const page = await visits.ownerPage()
  await ask(page, 'A word about marzipan')
  const address = new URL(page.url()).pathname
  await page.goto('/')
  await composer(page).waitFor()
  await page.keyboard.press('ControlOrMeta+K')
  await page.getByRole('combobox', { name: /Search/ }).fill('marzipan')
  await page.getByRole('option').filter({ hasText: 'word about marzipan' }).click()
  await questions(page).getByText('A word about marzipan').waitFor()
  expect(new URL(page.url()).pathname).toBe(address)
})

test('exports a conversation as Markdown and as JSON, which is known when it is imported beside its original', async () => {
  await provider.enqueue({ text: 'It is **round**.' }, { includes: 'What shape is it?' })
  const page = await visits.ownerPage()
  await ask(page, 'What shape is it?')

  const markdown = await download(page, 'Download as Markdown')
  expect(markdown.name).toMatch(/\.md$/)
  expect(markdown.text).toContain('What shape is it?')
  expect(markdown.text).toContain('It is **round**.')
  const json = await download(page, 'Download as JSON')
  expect(json.name).toMatch(/\.json$/)
  expect(JSON.parse(json.text)).toMatchObject({ format: 'atrium.conversations', version: 1 })

  const file = { name: json.name, mimeType: 'application/json', buffer: Buffer.from(json.text) }
  await importFile(page, file)
  await page.getByText('Nothing new from Atrium').waitFor()
  await page.getByText('1 was already here.').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  // Other conversations come and go in the list meanwhile.
  await page.goto('/search?q=What+shape+is+it')
  const hits = page.getByRole('list', { name: 'Results' }).getByRole('link')
  await hits.first().waitFor()
  const found = await hits.evaluateAll((links) =>
    links.map((link) => new URL((link as HTMLAnchorElement).href).pathname),
  )
  expect(new Set(found).size).toBe(1)
})

const services = [
  { file: 'own.json', service: 'Atrium', title: 'Plans', message: 'Plan my week.' },
  {
    file: 'chatgpt.json',
    service: 'ChatGPT',
    title: 'Trees in Lisbon',
    message: 'Which trees grow in Lisbon?',
  },
  { file: 'claude.json', service: 'Claude', title: 'Bread', message: 'How long does dough rise?' },
]
test.for(services)('imports an export of $service', async ({ file, service, title, message }) => {
  const page = await visits.ownerPage()
  const buffer = await readFile(join(fixtures, file))
  await importFile(page, { name: 'conversations.json', mimeType: 'application/json', buffer })
  await page.getByText(new RegExp(`\\d+ imported from ${service}`)).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()

  // Conversations of another day may be out of view in the list.
  await page.goto(`/search?q=${encodeURIComponent(message)}`)
  const hit = page.getByRole('list', { name: 'Results' }).getByRole('link').filter({ hasText: title })
  await hit.first().click()
  await page.getByRole('heading', { name: title }).waitFor()
  await questions(page).getByText(message).waitFor()
})

test('a search that found nothing finds what was imported since', async () => {
  const page = await visits.ownerPage()
  await page.goto('/search?q=ornithopter')
  await page.getByText('Nothing found for “ornithopter”').waitFor()
  const exported = JSON.parse(await readFile(join(fixtures, 'claude.json'), 'utf8')) as object[]
  const renamed = exported.map((each, index) => ({ ...each, uuid: `bird-${index}`, name: 'The ornithopter' }))
  const buffer = Buffer.from(JSON.stringify(renamed))
  await importFile(page, { name: 'conversations.json', mimeType: 'application/json', buffer })
  await page.getByText(/imported from Claude/).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  await page.getByRole('list', { name: 'Results' }).getByText('The ornithopter').first().waitFor()
})

async function download(page: Page, entry: string): Promise<{ name: string; text: string }> {
  const saved = page.waitForEvent('download')
  await choose(page.getByRole('button', { name: 'Conversation actions' }), entry)
  const file = await saved
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
}

async function importFile(
  page: Page,
  file: { name: string; mimeType: string; buffer: Buffer },
): Promise<void> {
  await choose(page.getByRole('button', { name: 'All conversations' }), 'Import…')
  await page.getByRole('dialog').locator('input[type="file"]').setInputFiles(file)
}
