import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { JsonObject } from '@atrium/wire'
import { excessIn, namesPrototype, type JsonExcess } from '#platform/http/json-guard'
import { gatewayErrors } from './errors.ts'

/** Room for several images in base64. */
const maxBytes = 32 * 1024 * 1024
/** What no legitimate request reaches; parsing more would hold up everybody else. Lists of tokens may be long. */
const bounds = { depth: 100, membersOfOne: 4000, members: 100_000, values: 500_000 } as const
/** No shorter text has as many members as one object may have. */
const fewestBytes = bounds.membersOfOne * '"":0,'.length

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

const excesses: Readonly<Record<JsonExcess, string>> = {
  depth: `The body is nested deeper than ${bounds.depth} levels.`,
  membersOfOne: `An object of the body has more than ${bounds.membersOfOne} members.`,
  members: `The objects of the body have more than ${bounds.members} members.`,
  values: `The body has more than ${bounds.values} members and elements.`,
}

/** Looks at the text before anything is built of it. */
function refuseExcess(text: string): void {
  if (namesPrototype(text)) throw gatewayErrors.malformed('The body has a member “__proto__”.')
  // A short text with few brackets, in strings or not, can be neither deep nor full: most are that.
  const isShort = text.length < fewestBytes
  if (isShort && !hasMore(text, '{', bounds.depth / 2) && !hasMore(text, '[', bounds.depth / 2)) return
  const excess = excessIn(text, bounds)
  if (excess !== undefined) throw gatewayErrors.malformed(excesses[excess])
}

function hasMore(text: string, sign: string, most: number): boolean {
  let count = 0
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
    count += 1
    if (count > most) return true
  }
  return false
}
