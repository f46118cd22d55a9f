import type { Progress } from './progress.ts'

const maxDepth = 64

/**
 * Parses a JSON body. Whole numbers that a `number` cannot hold are `bigint`. Objects count as messages, before any of
 * them is made.
 */
export function parseJsonBody(body: Uint8Array, progress: Progress): unknown {
  const hasLongNumber = scan(body, progress)
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  try {
    // A reviver slows parsing down, and few senders write long numbers otherwise than in strings.
    return hasLongNumber ? JSON.parse(text, keepLongNumbers) : JSON.parse(text)
  } catch (cause) {
    return progress.fail('is not valid JSON', cause)
  }
}

const quote = 0x22
const backslash = 0x5c

/** Looks over the bytes once, before anything is built from them; gives whether there are long whole numbers. */
function scan(body: Uint8Array, progress: Progress): boolean {
  let depth = 0
  let digits = 0
  let hasLongNumber = false
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0
    if (byte >= 0x30 && byte <= 0x39) {
      digits++
      if (digits === 16) hasLongNumber = true
      continue
    }
    // What follows a point is no part of a whole number; so far below zero it never counts as long.
    digits = byte === 0x2e ? Number.NEGATIVE_INFINITY : 0
    if (byte === quote) at = endOfString(body, at)
    else if (byte === 0x7b || byte === 0x5b) {
      if (byte === 0x7b) progress.countMessage()
      depth++
      if (depth > maxDepth) progress.fail(`JSON is nested more than ${maxDepth} levels deep`)
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return hasLongNumber
}

function endOfString(body: Uint8Array, start: number): number {
  let at = start + 1
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1
  return at
}

const longWholeNumber = /^-?\d{16,20}$/u

function keepLongNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return longWholeNumber.test(source) ? BigInt(source) : value
}
