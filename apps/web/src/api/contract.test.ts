import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contractSources } from '../../scripts/generate-contract.ts'

test.each(Object.entries(contractSources()))('%s matches the contract', (name, source) => {
  const file = readFileSync(new URL(name, import.meta.url), 'utf8')
  expect(file, 'run: npm run generate --workspace apps/web').toBe(source)
})
