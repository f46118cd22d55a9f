import { unwrapOpaque } from '../shared/opaque.ts'
import type { FidelityCollector } from '../shared/fidelity.ts'
import { arrayOf, objectOf, objectsOf, stringOf } from '../shared/json.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { CacheMark, FilePart, ImagePart, ProviderData, TextPart, UserPart } from '../spec/request.ts'
import { objectAt, refuse, required, stringAt, wordAt } from './inbound-values.ts'

/** A string, or a list of text blocks. */
export function decodeTexts(value: JsonValue | undefined, path: string): TextPart[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return blocksAt(value, path).map(([block, at]) => {
    if (block['type'] !== 'text') refuseTag(block, at, ['text'])
    return decodeText(block, at)
  })
}

/** The blocks of a content, a string counting as one. */
export function blocksAt(value: JsonValue | undefined, path: string): [JsonObject, string][] {
  if (typeof value === 'string') return [[{ type: 'text', text: value }, path]]
  if (!Array.isArray(value))
    return value === undefined ? refuse(path, 'Field required') : refuse(path, 'Input should be a valid list')
  return value.map((item, index) => {
    const at = `${path}[${index}]`
    const block = required(objectAt(item, at), at)
    required(stringAt(block['type'], `${at}.type`), `${at}.type`)
    return [block, at]
  })
}

/** @throws RequestError always */
function refuseTag(block: JsonObject, path: string, known: readonly string[]): never {
  const tag = stringOf(block['type']) ?? ''
  const expected = known.map((name) => `'${name}'`).join(', ')
  refuse(path, `Input tag '${tag}' found using 'type' does not match any of the expected tags: ${expected}`)
}

export function decodeText(block: JsonObject, path: string): TextPart {
  const text = required(stringAt(block['text'], `${path}.text`), `${path}.text`)
  const citations = arrayOf(block['citations']).filter((citation) => !isMadeUp(citation))
  return {
    type: 'text',
    text,
    ...(citations.length > 0 && { providerData: own({ citations }) }),
    ...cacheOf(block, path),
  }
}

/** Citations that were made from another provider's sources mean nothing to Claude. */
function isMadeUp(citation: JsonValue): boolean {
  const index = stringOf(objectOf(citation)?.['encrypted_index'])
  return index !== undefined && unwrapOpaque(index) !== undefined
}

/** What a user's turn or a tool's result may hold. Blocks without a neutral form are kept for this dialect. */
export function decodeUserBlock(block: JsonObject, path: string, notes: FidelityCollector): UserPart {
  switch (block['type']) {
    case 'text':
      return decodeText(block, path)
    case 'image':
      return decodeImage(block, path)
    case 'document':
      return decodeDocument(block, path)
    case 'search_result':
      notes.renamed('messages.search_result', 'a search result is told as text')
      return { type: 'text', text: textOfSearchResult(block), providerData: own(block) }
    default:
      notes.dropped('messages', `a block of type ${stringOf(block['type'])} is known to this dialect only`)
      return { type: 'text', text: '', providerData: own(block) }
  }
}

function textOfSearchResult(block: JsonObject): string {
  const texts = objectsOf(block['content']).map((part) => stringOf(part['text']) ?? '')
  return [stringOf(block['title']), stringOf(block['source']), ...texts].filter(Boolean).join('\n')
}

/** https://platform.claude.com/docs/en/build-with-claude/vision */
function decodeImage(block: JsonObject, path: string): ImagePart {
  const { source, at } = sourceOf(block, path)
  const cache = cacheOf(block, path)
  const kind = wordAt(source['type'], `${at}.type`, ['base64', 'url', 'file'])
  switch (required(kind, `${at}.type`)) {
    case 'base64':
      return { type: 'image', source: base64Of(source, at), ...cache }
    case 'url':
      return { type: 'image', source: { kind: 'url', url: textAt(source, 'url', at) }, ...cache }
    case 'file':
      return { type: 'image', source: referenceOf(source, at), ...cache }
  }
}

/**
 * What only this dialect knows of a document (its context, whether to cite it) is kept for it.
 * https://platform.claude.com/docs/en/build-with-claude/pdf-support and …/citations
 */
function decodeDocument(block: JsonObject, path: string): FilePart {
  const { source, at } = sourceOf(block, path)
  const filename = stringAt(block['title'], `${path}.title`)
  const kind = wordAt(source['type'], `${at}.type`, ['base64', 'url', 'file', 'text', 'content'])
  const isBlocks = kind === 'content'
  const data = ownMembers(block, isBlocks ? ['context', 'citations', 'source'] : ['context', 'citations'])
  return {
    type: 'file',
    source: documentSource(source, at, required(kind, `${at}.type`)),
    ...(filename !== undefined && { filename }),
    ...(data && { providerData: own(data) }),
    ...cacheOf(block, path),
  }
}

function documentSource(
  source: JsonObject,
  at: string,
  kind: 'base64' | 'url' | 'file' | 'text' | 'content',
): FilePart['source'] {
  switch (kind) {
    case 'base64':
      return base64Of(source, at)
    case 'url':
      return { kind: 'url', url: textAt(source, 'url', at), mimeType: 'application/pdf' }
    case 'file':
      return referenceOf(source, at)
    case 'text':
      return plainText(textAt(source, 'data', at))
    case 'content': {
      const blocks = blocksAt(source['content'], `${at}.content`)
      return plainText(blocks.map(([part]) => stringOf(part['text']) ?? '').join('\n'))
    }
  }
}

function plainText(text: string): FilePart['source'] {
  return { kind: 'base64', mimeType: 'text/plain', data: Buffer.from(text, 'utf8').toString('base64') }
}

function sourceOf(block: JsonObject, path: string): { source: JsonObject; at: string } {
  const at = `${path}.source`
  return { source: required(objectAt(block['source'], at), at), at }
}

function base64Of(source: JsonObject, at: string): FilePart['source'] {
  return {
    kind: 'base64',
    mimeType: textAt(source, 'media_type', at),
    data: textAt(source, 'data', at),
  }
}

function referenceOf(source: JsonObject, at: string): FilePart['source'] {
  return { kind: 'reference', dialect: 'anthropic-messages', id: textAt(source, 'file_id', at) }
}

function textAt(object: JsonObject, member: string, path: string): string {
  const at = `${path}.${member}`
  return required(stringAt(object[member], at), at)
}

/** https://platform.claude.com/docs/en/build-with-claude/prompt-caching#1-hour-cache-duration */
export function cacheOf(block: JsonObject, path: string): { cache?: CacheMark } {
  const at = `${path}.cache_control`
  const mark = objectAt(block['cache_control'], at)
  if (!mark) return {}
  required(wordAt(mark['type'], `${at}.type`, ['ephemeral']), `${at}.type`)
  return { cache: { ttl: wordAt(mark['ttl'], `${at}.ttl`, ['5m', '1h']) ?? '5m' } }
}

/** Those of the members that are given; nothing when none is. */
function ownMembers(block: JsonObject, members: readonly string[]): JsonObject | undefined {
  const entries = Object.entries(block).filter(([key, value]) => members.includes(key) && value !== null)
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

export function own(data: JsonObject): ProviderData {
  return { dialect: 'anthropic-messages', data }
}
