import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip, inflate, zstdDecompress } from 'node:zlib'
import { traceErrors } from './errors.ts'

/** As it comes over the wire, and unpacked. */
const maxBytes = 16 * 1024 * 1024
const maxUnpackedBytes = 64 * 1024 * 1024

type Unpack = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const unpackers: ReadonlyMap<string, Unpack> = new Map([
  ['gzip', promisify(gunzip) as Unpack],
  ['deflate', promisify(inflate) as Unpack],
  ['zstd', promisify(zstdDecompress) as Unpack],
])

/**
 * Reads a body to its end and unpacks it.
 * @throws AppError 413 when it is too large in either form, 415 for an unknown encoding, 400 for one that is broken
 */
export async function readUnpacked(request: IncomingMessage): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (!isEncoding(encoding)) throw traceErrors.otherEncoding()
  return unpacked(await readBytes(request, Number(request.headers['content-length'] ?? 0)), encoding)
}

const isEncoding = (encoding: string): boolean => encoding === 'identity' || unpackers.has(encoding)

/** @throws AppError 413 when it is too large, 415 for an unknown encoding, 400 for one that is broken */
export async function unpacked(bytes: Buffer, encoding: string): Promise<Buffer> {
  if (!isEncoding(encoding)) throw traceErrors.otherEncoding()
  const unpack = unpackers.get(encoding)
  if (!unpack || bytes.length === 0) return bytes
  try {
    return await unpack(bytes, { maxOutputLength: maxUnpackedBytes })
  } catch (error) {
    const isTooLarge = error instanceof RangeError
    throw isTooLarge
      ? traceErrors.tooLarge(maxUnpackedBytes)
      : traceErrors.malformed(`The body is not valid ${encoding}.`)
  }
}

/** @throws AppError 413 when there is or is said to be too much, 400 when it is cut off */
export function readBytes(request: Readable, saidBytes = 0): Promise<Buffer> {
  if (saidBytes > maxBytes) return Promise.reject(traceErrors.tooLarge(maxBytes))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) return void chunks.push(chunk)
      chunks.length = 0
      reject(traceErrors.tooLarge(maxBytes))
    })
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () => reject(traceErrors.malformed('The request was cut off.')))
  })
}
