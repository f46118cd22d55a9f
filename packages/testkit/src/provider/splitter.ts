import type { SplitMode } from './script.ts'
import { mix } from './tokens.ts'

/** Cuts a byte stream at places a careless parser does not expect. */
export interface Splitter {
  push(frame: string): Uint8Array[]
  flush(): Uint8Array[]
}

/** A splitter for the mode. The same seed cuts at the same places. */
export function createSplitter(mode: SplitMode, seed: number): Splitter {
  let turn = 0
  let held: Buffer = Buffer.alloc(0)
  const random = (): number => mix(seed, (turn += 1))
  const straddle = (bytes: Buffer): Uint8Array[] => {
    const cut = 1 + (random() % Math.max(1, bytes.length - 1))
    const out = Buffer.concat([held, bytes.subarray(0, cut)])
    held = bytes.subarray(cut)
    return [out]
  }
  return {
    push: (frame) => {
      const bytes = Buffer.from(frame)
      if (bytes.length === 0) return []
      if (mode === 'events') return straddle(bytes)
      return mode === 'utf8' ? insideCharacters(bytes) : everyFewBytes(bytes, random)
    },
    flush: () => {
      const rest = held
      held = Buffer.alloc(0)
      return rest.length > 0 ? [rest] : []
    },
  }
}

function insideCharacters(bytes: Buffer): Uint8Array[] {
  const cuts: number[] = [0]
  for (let i = 0; i < bytes.length; i += 1) {
    if ((bytes[i] ?? 0) >= 0xc0) cuts.push(i + 1)
  }
  return cuts.map((cut, index) => bytes.subarray(cut, cuts[index + 1] ?? bytes.length))
}

function everyFewBytes(bytes: Buffer, random: () => number): Uint8Array[] {
  const list: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const size = 1 + (random() % 7)
    list.push(bytes.subarray(at, at + size))
    at += size
  }
  return list
}
