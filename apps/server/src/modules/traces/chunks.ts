import { randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { Chunk } from './rows.ts'

/** What one chunk holds at most: enough for compression to find repetitions, little enough to open for one span. */
const mostRecords = 64
const mostChars = 256 * 1024

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
/** Level 3 packs spans of 1 kB to a fifth; higher levels win some per cent for several times the time. */
const settings = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
const mostUnpackedBytes = 64 * 1024 * 1024

/**
 * Puts what records carry into chunks, those of each day for themselves.
 * @param usOf by whose day a record is kept, in microseconds since 1970
 */
export function chunksOf<R extends { readonly payload: string }>(
  records: readonly R[],
  usOf: (record: R) => string,
): Promise<Chunk<R>[]> {
  const groups: { day: string; records: R[]; chars: number }[] = []
  const open = new Map<string, (typeof groups)[number]>()
  for (const record of records) {
    const day = dayOf(usOf(record))
    let group = open.get(day)
    if (!group || group.records.length >= mostRecords || group.chars + record.payload.length > mostChars) {
      group = { day, records: [], chars: 0 }
      groups.push(group)
      open.set(day, group)
    }
    group.records.push(record)
    group.chars += record.payload.length
  }
  return Promise.all(groups.map((group) => packed(group.day, group.records)))
}

async function packed<R extends { readonly payload: string }>(
  day: string,
  records: readonly R[],
): Promise<Chunk<R>> {
  const json = `[${records.map(({ payload }) => payload).join(',')}]`
  return { id: chunkId(), day, records, body: await compress(Buffer.from(json), settings) }
}

/** The payloads of a chunk by their places. */
export async function unpack(body: Buffer): Promise<unknown[]> {
  const bytes = await decompress(body, { maxOutputLength: mostUnpackedBytes })
  const payloads: unknown = JSON.parse(bytes.toString('utf8'))
  if (!Array.isArray(payloads)) throw new Error('a chunk holds no list of payloads')
  return payloads
}

/** The day (UTC) of microseconds since 1970, `YYYY-MM-DD`. */
export const dayOf = (us: string): string => new Date(Number(us) / 1000).toISOString().slice(0, 10)

/**
 * Milliseconds and 22 random bits. Two that were drawn in one millisecond are the same once in four million times; then
 * the second transaction fails and its sender sends again.
 */
const chunkId = (): string => ((BigInt(Date.now()) << 22n) | BigInt(randomInt(2 ** 22))).toString()
