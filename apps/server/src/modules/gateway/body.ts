import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { JsonObject } from '@atrium/wire'
import { gatewayErrors } from './errors.ts'

/** Room for several images in base64. */
const maxBytes = 32 * 1024 * 1024
/** Nesting that no legitimate request reaches; deeper input could exhaust the stack of whoever walks it. */
const maxDepth = 100
/** Members and elements of a whole body; parsing more would hold up everybody else. */
const maxValues = 500_000

/**
 * Reads a body to its end.
 * @throws AppError 413 when it is too large, 415 when it is encoded
 */
export function readBytes(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return Promise.reject(gatewayErrors.encoded())
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) return void chunks.push(chunk)
      chunks.length = 0
      reject(tooLarge())
    })
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.once('error', reject)
  })
}

const tooLarge = () => gatewayErrors.tooLarge(maxBytes)

/** A JSON body as text and as an object. */
export interface JsonBody {
  readonly text: string
  readonly value: JsonObject
}

/** @throws AppError 400 for what is no JSON object in UTF-8, or has too much in it */
export function parseBody(bytes: Buffer): JsonBody {
  if (!isUtf8(bytes)) throw gatewayErrors.malformed('The body is not valid UTF-8.')
  const text = bytes.toString('utf8')
  refuseExcess(text)
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw gatewayErrors.malformed('The body must be a JSON object.')
  // What JSON.parse gives for an object.
  return { text, value: value as JsonObject }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw gatewayErrors.malformed('The body is not valid JSON.')
  }
}

/** Counts brackets and commas outside strings, before anything is built of them. */
function refuseExcess(text: string): void {
  // A short text with few brackets, in strings or not, can be neither deep nor full: most are that.
  if (text.length < maxValues && !hasMore(text, '{', maxDepth / 2) && !hasMore(text, '[', maxDepth / 2))
    return
  let depth = 0
  let values = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x22) index = endOfString(text, index)
    else if (code === 0x7b || code === 0x5b) {
      depth += 1
      values += 1
      if (depth > maxDepth)
        throw gatewayErrors.malformed(`The body is nested deeper than ${maxDepth} levels.`)
    } else if (code === 0x7d || code === 0x5d) depth -= 1
    else if (code === 0x2c) values += 1
    if (values > maxValues)
      throw gatewayErrors.malformed(`The body has more than ${maxValues} members and elements.`)
  }
}

function hasMore(text: string, sign: string, most: number): boolean {
  let count = 0
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
    count += 1
    if (count > most) return true
  }
  return false
}

/** The place of the quote that ends the string which begins at `start`; the end of the text when none does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1
    if (slashes % 2 === 0) return end
  }
  return text.length
}
