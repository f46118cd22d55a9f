import { readdirSync, readFileSync } from 'node:fs'
import { type DialectName, dialectNames, dialects, type StreamPart } from '../src/index.ts'

/** A documented stream of one dialect. */
export interface Fixture {
  dialect: DialectName
  name: string
  bytes: Uint8Array
}

export function fixture(dialect: DialectName, name: string): Fixture {
  const extension = dialect === 'ollama' ? 'ndjson' : 'sse'
  const bytes = readFileSync(new URL(`${name}.${extension}`, folderOf(dialect)))
  return { dialect, name, bytes: new Uint8Array(bytes) }
}

export function allFixtures(): Fixture[] {
  return dialectNames.flatMap((dialect) =>
    readdirSync(folderOf(dialect))
      .filter((file) => !file.endsWith('.md'))
      .map((file) => fixture(dialect, file.replace(/\.\w+$/u, ''))),
  )
}

/** Decodes a stream that arrives in these pieces. */
export function decodePieces(dialect: DialectName, pieces: Uint8Array[]): StreamPart[] {
  const decoder = dialects[dialect].createStreamDecoder()
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()]
}

export function decodeText(dialect: DialectName, text: string): StreamPart[] {
  return decodePieces(dialect, [new TextEncoder().encode(text)])
}

export function decodeFixture(dialect: DialectName, name: string): StreamPart[] {
  return decodePieces(dialect, [fixture(dialect, name).bytes])
}

/** Throws unless the last part is a `finish`. */
export function finishOf(parts: StreamPart[]): Extract<StreamPart, { type: 'finish' }> {
  const last = parts.at(-1)
  if (last?.type !== 'finish') throw new Error(`ended with ${JSON.stringify(last)}`)
  return last
}

/** Throws unless the last part is an `error`. */
export function errorOf(parts: StreamPart[]): Extract<StreamPart, { type: 'error' }> {
  const last = parts.at(-1)
  if (last?.type !== 'error') throw new Error(`ended with ${JSON.stringify(last)}`)
  return last
}

export function textOf(parts: StreamPart[]): string {
  return parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : [])).join('')
}

export function reasoningOf(parts: StreamPart[]): string {
  return parts.flatMap((part) => (part.type === 'reasoning-delta' ? [part.delta] : [])).join('')
}

export function partsOf<T extends StreamPart['type']>(
  parts: StreamPart[],
  type: T,
): Extract<StreamPart, { type: T }>[] {
  return parts.filter((part): part is Extract<StreamPart, { type: T }> => part.type === type)
}

function folderOf(dialect: DialectName): URL {
  return new URL(`../src/${dialect}/__fixtures__/`, import.meta.url)
}
