import type { ImportReport } from '@atrium/contract'
import { AppError } from '#platform/errors'
import { JsonItems, MalformedJson, type ItemLimits, type Piece } from './json-items.ts'
import { ownFormat, ownVersion } from './own.ts'
import type { Upload } from './upload.ts'

export type ImportFormat = ImportReport['format']

/** What one conversation may cost while it is in memory. */
const itemLimits: ItemLimits = { itemBytes: 64 * 2 ** 20, depth: 128, values: 4_000_000 }

/** Members beside the conversations that tell what the file is. */
const headerFields = new Set(['format', 'version'])

/** Most conversations of one file; more are not a person's. */
const maxItems = 200_000

/** How many items are looked at before the file counts as unknown. */
const samples = 100

/**
 * Reads the whole file once: it must be well-formed between its conversations, and of a format that we know.
 * @throws AppError 400 when it is not JSON, 415 when it is something else
 */
export async function recognise(upload: Upload): Promise<ImportFormat> {
  const fields = new Map<string, unknown>()
  let items = 0
  let refused: string | null = null
  let found: ImportFormat | null = null
  for await (const piece of pieces(upload)) {
    if (piece.type === 'field') {
      if (headerFields.has(piece.name)) fields.set(piece.name, piece.value)
    } else if (++items > maxItems) throw tooManyItems()
    else if (piece.type === 'refused') refused ??= piece.reason
    else if (!found && items <= samples) found = formatOf(parse(piece.bytes))
  }
  const isOwn = fields.get('format') === ownFormat
  if (isOwn) checkVersion(fields.get('version'))
  const format = isOwn ? 'atrium' : fields.has('format') ? null : found
  if (!format) throw refused === null ? unknownFormat() : tooLarge(refused)
  return format
}

/** The parts of the file, in order. */
export async function* pieces(upload: Upload): AsyncGenerator<Piece> {
  const items = new JsonItems('conversations', itemLimits)
  try {
    let first = true
    for await (const chunk of upload.read()) {
      if (first) refuseArchive(chunk)
      first = false
      yield* items.push(chunk)
    }
    items.end()
  } catch (error) {
    throw error instanceof MalformedJson ? new AppError('INVALID_FORMAT', error.message) : error
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The value of an item; undefined when its bytes are not valid JSON in UTF-8. */
export function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

function formatOf(value: unknown): ImportFormat | null {
  if (typeof value !== 'object' || value === null) return null
  if (Object.hasOwn(value, 'mapping')) return 'chatgpt'
  return Object.hasOwn(value, 'chat_messages') ? 'claude' : null
}

function checkVersion(version: unknown): void {
  if (version === ownVersion) return
  throw unsupported(
    `This file has version ${String(version)} of our format; this server reads version ${ownVersion}.`,
  )
}

function refuseArchive(chunk: Buffer): void {
  if (chunk.subarray(0, 2).toString('latin1') !== 'PK') return
  throw unsupported('This is a ZIP archive. Unpack it and upload the conversations.json that is inside.')
}

const tooManyItems = (): AppError =>
  new AppError('INVALID_INPUT', `The file has more than ${maxItems} conversations.`)

const tooLarge = (reason: string): AppError =>
  new AppError('INVALID_INPUT', `No conversation in the file can be read. The first: ${reason}`)

const unsupported = (message: string): AppError => new AppError('UNSUPPORTED_MEDIA_TYPE', message)

const unknownFormat = (): AppError =>
  unsupported(
    'This is neither our own export nor a conversations.json of ChatGPT or Claude with conversations in it.',
  )
