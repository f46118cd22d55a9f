import { describe, expect, it } from 'vitest'
import { newId, uuidV7Generator } from './uuid-v7.ts'

describe('uuidV7Generator', () => {
  it('has the form of RFC 9562', () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('carries the time', () => {
    const id = uuidV7Generator(() => 0x01_7f_22_e2_79_b0)()
    expect(id.startsWith('017f22e2-79b0-7')).toBe(true)
  })

  it('rises strictly within one millisecond, across overflow and when the clock steps back', () => {
    let ms = 1000
    const next = uuidV7Generator(() => ms)
    const ids = Array.from({ length: 10_000 }, () => next())
    ms = 500
    ids.push(next(), next())
    ms = 5000
    ids.push(next())
    expect(ids).toEqual(ids.toSorted())
    expect(new Set(ids).size).toBe(ids.length)
  })
})
