import { getHeapSpaceStatistics } from 'node:v8'
import { expect, test } from 'vitest'
import { releaseMemory } from './memory.ts'

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0

/** Keeps much of what it makes for a while, as loading a program does, and then lets go of it. */
function grow(): number {
  const kept = Array.from({ length: 400_000 }, (_, index) => ({ name: `object ${index}` }))
  return kept.length
}

test('the young generation shrinks again after it has grown', async () => {
  grow()
  const grown = youngBytes()
  expect(grown).toBeGreaterThan(8e6)
  await releaseMemory()
  expect(youngBytes()).toBeLessThan(grown / 4)
})
