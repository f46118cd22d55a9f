import { expect, test } from 'vitest'
import { budgets, firstLoad, isBuilt } from './scripts/bundle-size.ts'

// Needs `npm run build`; the check of the whole repository builds first.
test.skipIf(!isBuilt())('the first load of the chat stays within its budgets', () => {
  const { sizes, files } = firstLoad()
  const listed = files.join('\n')
  expect(sizes.scripts, listed).toBeLessThanOrEqual(budgets.scripts)
  expect(sizes.styles, listed).toBeLessThanOrEqual(budgets.styles)
  expect(sizes.fonts, listed).toBeLessThanOrEqual(budgets.fonts)
  expect(files.length, 'requests besides the page and its data').toBeLessThanOrEqual(10)
})
