import { randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { Chunk, SpanRow } from './rows.ts'

/** What one chunk holds at most: enough for compression to find repetitions, little enough to open for one span. */
const mostSpans = 64
const mostChars = 256 * 1024

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
/** Level 3 packs spans of 1 kB to a fifth; higher levels win some per cent for several times the time. */
const settings = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
const mostUnpackedBytes = 64 * 1024 * 1024

/** Puts spans into chunks, those of each day for themselves. */
export function chunksOf(spans: readonly SpanRow[]): Promise<Chunk[]> {
  const groups: { day: string; spans: SpanRow[]; chars: number }[] = []
  const open = new Map<string, (typeof groups)[number]>()
  for (const span of spans) {
    const day = dayOf(span.startedUs)
    let group = open.get(day)
    if (!group || group.spans.length >= mostSpans || group.chars + span.payload.length > mostChars) {
      group = { day, spans: [], chars: 0 }
      groups.push(group)
      open.set(day, group)
    }
    group.spans.push(span)
    group.chars += span.payload.length
  }
  return Promise.all(groups.map((group) => packed(group.day, group.spans)))
}

async function packed(day: string, spans: readonly SpanRow[]): Promise<Chunk> {
  const json = `[${spans.map(({ payload }) => payload).join(',')}]`
  return { id: chunkId(), day, spans, body: await compress(Buffer.from(json), settings) }
}

/** The payloads of a chunk by their places. */
export async function unpack(body: Buffer): Promise<unknown[]> {
  const bytes = await decompress(body, { maxOutputLength: mostUnpackedBytes })
  const payloads: unknown = JSON.parse(bytes.toString('utf8'))
  if (!Array.isArray(payloads)) throw new Error('a chunk holds no list of payloads')
  return payloads
}

/** The day (UTC) of microseconds since 1970, `YYYY-MM-DD`. */
const dayOf = (us: string): string => new Date(Number(us) / 1000).toISOString().slice(0, 10)

/**
 * Milliseconds and 22 random bits. Two that were drawn in one millisecond are the same once in four million times; then
 * the second transaction fails and its sender sends again.
 */
const chunkId = (): string => ((BigInt(Date.now()) << 22n) | BigInt(randomInt(2 ** 22))).toString()
