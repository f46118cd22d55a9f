import { expect, test } from 'vitest'
import { createClock } from './clock.ts'

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('ids are UUIDv7 of the time at which they were minted', () => {
  const at = Date.UTC(2026, 10, 21)
  const id = createClock({ epochMs: () => at }).uuid()
  expect(id).toMatch(uuid7)
  expect(parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(at)
})

test('ids rise within a millisecond, past the end of the counter and when the clock goes back', () => {
  let now = Date.UTC(2026, 10, 21)
  const clock = createClock({ epochMs: () => now })
  const ids: string[] = []
  for (let index = 0; index < 20_000; index++) {
    if (index === 10_000) now -= 300_000
    ids.push(clock.uuid())
  }
  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => uuid7.test(id))).toBe(true)
})

test('two clocks give different ids', () => {
  const sources = { epochMs: () => 1_700_000_000_000 }
  const [one, other] = [createClock(sources), createClock(sources)]
  expect(one.uuid()).not.toBe(other.uuid())
})

test('monotonic time does not go back', () => {
  const clock = createClock()
  const before = clock.monotonicMs()
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before)
  expect(clock.now()).toBeInstanceOf(Date)
})
