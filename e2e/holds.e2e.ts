import { type Locator, request } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { type App, startApp } from './support/app.ts'
import { moreWordsThan, send } from './support/chat.ts'
import { signUpOwner } from './support/owner.ts'
import { useVisits } from './support/visits.ts'

let app: App
const visits = useVisits(() => app.url)

beforeAll(async () => {
  app = await startApp({ connected: true })
  const caller = await request.newContext()
  await signUpOwner(caller, app.url)
  await caller.dispose()
  return () => app[Symbol.asyncDispose]()
})

test('gives back what a call has held whose process was killed', async () => {
  visits.expectConsole(
    /ERR_CONNECTION_(REFUSED|RESET)|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE|status of 503/,
  )
  const page = await visits.ownerPage()
  await page.goto('/budgets')
  await page.getByRole('button', { name: 'New budget' }).click()
  const create = page.getByRole('dialog', { name: 'New budget' })
  await create.getByLabel('Name').fill('Everything')
  await create.getByLabel('Limit in dollars').fill('10')
  await create.getByLabel('Calls whose price is unknown').selectOption('ceiling')
  await create.getByLabel('Dollars for each of them').fill('0.25')
  await create.getByRole('button', { name: 'Create budget' }).click()
  const budget = page.getByRole('listitem').filter({ hasText: 'Everything' })
  await budget.getByText('$10.00 left of $10.00').waitFor()

  app.provider.enqueue({ tokens: 2000, rate: 20 }, { includes: 'Never to be told' })
  await page.goto('/')
  await send(page, 'Never to be told')
  await moreWordsThan(page, 10)
  await app.kill()
  await app.start()

  await page.goto('/budgets')
  const row = page.getByRole('row', { name: /outcome unknown/ })
  await expect
    .poll(
      async () => {
        await page.getByRole('button', { name: 'Read again' }).click()
        return row.count()
      },
      { timeout: 40_000, interval: 500 },
    )
    .toBe(1)
  await page.reload()
  // The title of the conversation has cost something, too.
  const spent = await spentOf(budget)
  expect(spent).toBeGreaterThanOrEqual(0.25)
  await row.getByText('Everything').waitFor()

  const give = row.getByRole('button', { name: /^Give back what call/ })
  await give.click()
  const question = page.getByRole('dialog', { name: 'Give $0.25 back?' })
  await question.getByRole('button', { name: 'Cancel' }).click()
  expect(await row.count()).toBe(1)
  await give.click()
  await question.getByRole('button', { name: 'Give it back' }).click()
  await page.getByText('None: no call is under way').waitFor()
  await expect.poll(() => spentOf(budget)).toBe(spent - 0.25)
})

const spentOf = async (budget: Locator): Promise<number> =>
  Number(/\$([\d.]+) spent/.exec(await budget.innerText())?.[1])
