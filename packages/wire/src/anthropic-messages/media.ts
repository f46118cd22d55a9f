import { dataFor, textOfFile } from '../shared/conversation.ts'
import { unreachable } from '../shared/unreachable.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import type { JsonObject } from '../spec/json.ts'
import type { FilePart, ImagePart, MediaSource } from '../spec/request.ts'
import { marked } from './cache.ts'

/**
 * Images (JPEG, PNG, GIF, WebP), PDF and plain text.
 * https://platform.claude.com/docs/en/build-with-claude/vision and …/pdf-support
 */
export function encodeMedia(part: ImagePart | FilePart, notes: FidelityCollector): JsonObject[] {
  const block = part.type === 'image' || isImage(part.source) ? image(part, notes) : document(part, notes)
  return block ? [marked(block, part.cache)] : []
}

function isImage(source: MediaSource): boolean {
  return source.mimeType?.startsWith('image/') ?? false
}

function image({ type, source }: ImagePart | FilePart, notes: FidelityCollector): JsonObject | undefined {
  if (source.kind === 'base64' && !imageTypes.has(source.mimeType)) {
    notes.dropped(`messages.${type}`, `${source.mimeType} images are not read here`)
    return undefined
  }
  const encoded = encodeSource(type, source, notes)
  return encoded && { type: 'image', source: encoded }
}

function document(part: FilePart, notes: FidelityCollector): JsonObject | undefined {
  const block = plainDocument(part, notes)
  return block && { ...block, ...dataFor('anthropic-messages', part.providerData) }
}

function plainDocument(part: FilePart, notes: FidelityCollector): JsonObject | undefined {
  const { source, filename } = part
  const title = filename === undefined ? {} : { title: filename }
  if (source.kind === 'base64' && source.mimeType !== 'application/pdf') {
    const data = textOfFile({ type: 'file', source })
    if (data !== undefined)
      return { type: 'document', ...title, source: { type: 'text', media_type: 'text/plain', data } }
    notes.dropped('messages.file', `${source.mimeType} files are not read here`)
    return undefined
  }
  const encoded = encodeSource('file', source, notes)
  return encoded && { type: 'document', ...title, source: encoded }
}

function encodeSource(
  type: 'image' | 'file',
  source: MediaSource,
  notes: FidelityCollector,
): JsonObject | undefined {
  switch (source.kind) {
    case 'base64':
      return { type: 'base64', media_type: source.mimeType, data: source.data }
    case 'url':
      return { type: 'url', url: source.url }
    case 'reference':
      if (source.dialect === 'anthropic-messages') return { type: 'file', file_id: source.id }
      notes.dropped(`messages.${type}`, `a file uploaded to ${source.dialect} is unknown here`)
      return undefined
    default:
      return unreachable(source)
  }
}

const imageTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
