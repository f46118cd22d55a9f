import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)

const consolePages = {
  Usage: '/usage',
  Keys: '/keys',
  Teams: '/teams',
  Budgets: '/budgets',
  Models: '/models',
  Routing: '/routing',
  Playground: '/playground',
}
const sizes = {
  'a laptop': { viewport: { width: 1280, height: 800 } },
  'a low window': { viewport: { width: 1280, height: 600 } },
  'a phone': { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
}

test.each(Object.entries(sizes))('console pages scroll in their pane alone on %s', async (_name, size) => {
  const page = await visits.ownerPage(size)
  for (const [name, path] of Object.entries(consolePages)) {
    await page.goto(app.url + path)
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0)
    expect(await pageBeyondWindow(page), path).toEqual({ down: 0, across: 0 })
    await expect
      .poll(() => tabs(page), { message: path })
      .toEqual({ scrollsDown: false, currentInView: true })
  }
})

/** How far the document itself, not a pane in it, could be scrolled. */
const pageBeyondWindow = (page: Page) =>
  page.evaluate(() => {
    const { scrollHeight, scrollWidth } = document.documentElement
    return { down: scrollHeight - innerHeight, across: scrollWidth - innerWidth }
  })

/** The row of tabs: whether it scrolls down, and whether the current one is seen. */
const tabs = (page: Page) =>
  page.getByRole('navigation', { name: 'Console' }).evaluate((nav: HTMLElement) => {
    const row = nav.getBoundingClientRect()
    const current = nav.querySelector('[aria-current="page"]')?.getBoundingClientRect()
    return {
      scrollsDown: nav.scrollHeight > nav.clientHeight,
      currentInView: current !== undefined && current.left > row.left - 1 && current.right < row.right + 1,
    }
  })
