import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Reachability } from './reachable.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp() {
  let answer = () => {}
  const reachability = new Reachability((listener) => {
    answer = listener
  })
  const told: boolean[] = []
  reachability.subscribe(() => told.push(reachability.isLost()))
  return { reachability, told, answer: () => answer() }
}

it('is lost two seconds after the stream, however often that is tried again, and back with it', () => {
  const { reachability, told } = setUp()
  reachability.note('lost')
  vi.advanceTimersByTime(1500)
  reachability.note('lost')
  expect(told).toEqual([])
  vi.advanceTimersByTime(600)
  reachability.note('lost')
  expect(told).toEqual([true])
  reachability.note('open')
  expect(told).toEqual([true, false])
})

it('says nothing of a stream that is opened again soon', () => {
  const { reachability, told } = setUp()
  reachability.note('lost')
  vi.advanceTimersByTime(1500)
  reachability.note('open')
  vi.advanceTimersByTime(5000)
  expect(told).toEqual([])
})

it('takes any answer as a sign that the server is there', () => {
  const { reachability, told, answer } = setUp()
  reachability.note('lost')
  vi.advanceTimersByTime(3000)
  answer()
  expect(told).toEqual([true, false])
})
