import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contractSource } from '../../scripts/generate-contract.ts'

test('the generated route table matches the contract', () => {
  const file = readFileSync(new URL('./contract.gen.ts', import.meta.url), 'utf8')
  expect(file, 'run: npm run generate --workspace apps/web').toBe(contractSource())
})
