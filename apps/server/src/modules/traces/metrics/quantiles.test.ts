import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantileOf, type Bucket } from './quantiles.ts'

describe('a quantile', () => {
  it.each([
    [0, 0],
    [0.25, 5],
    [0.5, 10],
    [0.75, 20],
    [1, 30],
  ])('%f of even buckets is found by interpolation: %f', (q, value) => {
    const buckets = [
      { low: 0, high: 10, count: 4 },
      { low: 10, high: 30, count: 4 },
    ]
    expect(quantileOf(buckets, q)).toBeCloseTo(value, 9)
  })

  it('of one value that all have is that value', () => {
    for (const q of [0, 0.5, 1]) expect(quantileOf([{ low: 7, high: 7, count: 3 }], q)).toBe(7)
  })

  it('of nothing is unknown', () => {
    expect(quantileOf([{ low: 0, high: 1, count: 0 }], 0.5)).toBeNull()
  })

  it('of buckets that overlap lies between their ends and grows with the share', () => {
    const bucket: fc.Arbitrary<Bucket> = fc
      .tuple(
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
      )
      .map(([low, width, count]) => ({ low, high: low + width, count }))
    const shares = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(bucket, { minLength: 1, maxLength: 12 }), shares, (buckets, [one, other]) => {
        const low = quantileOf(buckets, Math.min(one, other)) ?? Number.NaN
        const high = quantileOf(buckets, Math.max(one, other)) ?? Number.NaN
        expect(low).toBeGreaterThanOrEqual(Math.min(...buckets.map((b) => b.low)) - 1e-9)
        expect(high).toBeLessThanOrEqual(Math.max(...buckets.map((b) => b.high)) + 1e-9)
        expect(high - low).toBeGreaterThanOrEqual(-1e-9)
      }),
    )
  })
})
