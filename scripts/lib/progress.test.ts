import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { progress } from './progress.mjs'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A stream that keeps what is written to it. */
function screen(isTTY: boolean) {
  const written: string[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString())
      done()
    },
  })
  // Of a terminal, nothing else is used.
  return { written, stream: Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream }
}

/** Work of 25 seconds that has a detail to tell. */
const work = async (say: (detail: () => string) => void): Promise<void> => {
  say(() => '(1 of 2)')
  await new Promise((done) => {
    setTimeout(done, 25_000)
  })
}

describe('progress', () => {
  it('writes a line every ten seconds where there is no terminal', async () => {
    const { written, stream } = screen(false)
    const done = progress('Installing', stream, work)
    await vi.advanceTimersByTimeAsync(25_000)
    await done
    expect(written).toEqual([
      'Installing …\n',
      'Installing … 10 s (1 of 2)\n',
      'Installing … 20 s (1 of 2)\n',
      'Installing: done in 25.0 s\n',
    ])
  })

  it('draws one line over and over on a terminal, with the seconds so far', async () => {
    const { written, stream } = screen(true)
    const done = progress('Installing', stream, work)
    await vi.advanceTimersByTimeAsync(25_000)
    await done
    expect(written.join('')).not.toMatch(/\n./s)
    expect(written.at(-2)).toContain('Installing … 24 s (1 of 2)')
    expect(written.at(-1)).toMatch(/Installing: done in 25\.0 s\n$/)
  })

  it('says that it failed, and stops counting', async () => {
    const { written, stream } = screen(false)
    await expect(progress('Building', stream, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(written.at(-1)).toBe('Building: failed\n')
  })
})
