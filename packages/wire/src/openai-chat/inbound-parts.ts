import { objectOf } from '../shared/json.ts'
import { missing, requiredObjectAt, requiredStringAt, stringAt, wordAt } from '../shared/request-values.ts'
import { unreachable } from '../shared/unreachable.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { CacheMark, FilePart, ImagePart, MediaSource, TextPart, UserPart } from '../spec/request.ts'

/**
 * The content of a user message or a tool's answer: a string, or parts.
 * https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
 */
export function decodeContent(content: JsonValue | undefined, path: string): UserPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return partsOf(content, path).map((part, index) => decodePart(part, `${path}[${index}]`))
}

/** Instructions, and what an assistant said: text only. A refusal is text as well, as it is in replies. */
export function decodeTexts(content: JsonValue | undefined, path: string): TextPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return partsOf(content, path).map((value, index): TextPart => {
    const at = `${path}[${index}]`
    const part = requiredObjectAt(value, at)
    const type = wordAt(part['type'], `${at}.type`, ['text', 'refusal']) ?? missing(`${at}.type`)
    if (type === 'text') return decodeText(part, at)
    return { type: 'text', text: requiredStringAt(part['refusal'], `${at}.refusal`) }
  })
}

function partsOf(content: JsonValue | undefined, path: string): JsonValue[] {
  if (content === undefined || content === null) missing(path)
  if (!Array.isArray(content)) {
    throw new RequestError(`Invalid type for '${path}': expected one of a string or array of objects.`, path)
  }
  if (content.length === 0) throw emptyArray(path)
  return content
}

/** https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages */
export function emptyArray(path: string): RequestError {
  return new RequestError(`Invalid '${path}': empty array. Expected an array with minimum length 1.`, path)
}

function decodePart(value: JsonValue, path: string): UserPart {
  const part = requiredObjectAt(value, path)
  const type = wordAt(part['type'], `${path}.type`, partTypes) ?? missing(`${path}.type`)
  switch (type) {
    case 'text':
      return decodeText(part, path)
    case 'image_url':
      return decodeImage(part, path)
    case 'input_audio':
      return decodeAudio(part, path)
    case 'file':
      return decodeFile(part, path)
    case 'video_url':
    case 'audio_url':
      return { type: 'file', source: urlSource(part[type], `${path}.${type}`) }
    default:
      return unreachable(type)
  }
}

/** The last two are those of vLLM and OpenRouter. */
const partTypes = ['text', 'image_url', 'input_audio', 'file', 'video_url', 'audio_url'] as const

function decodeText(part: JsonObject, path: string): TextPart {
  return { type: 'text', text: requiredStringAt(part['text'], `${path}.text`), ...cacheMark(part) }
}

/** An object with the address, or the address itself as some clients send it. */
function decodeImage(part: JsonObject, path: string): ImagePart {
  const at = `${path}.image_url`
  const image = part['image_url']
  const source = typeof image === 'string' ? urlSource({ url: image }, at) : urlSource(image, at)
  const detail = wordAt(objectOf(image)?.['detail'], `${at}.detail`, ['low', 'high', 'auto'])
  return { type: 'image', source, ...(detail && { detail }), ...cacheMark(part) }
}

function urlSource(value: JsonValue | undefined, path: string): MediaSource {
  const url = requiredStringAt(requiredObjectAt(value, path)['url'], `${path}.url`)
  const source = fromDataUrl(url)
  if (source) return source
  if (!/^https?:\/\//iu.test(url)) {
    throw new RequestError(
      `Invalid '${path}.url': expected an http(s) URL or a base64 data URL with a MIME type.`,
      `${path}.url`,
    )
  }
  return { kind: 'url', url }
}

/** Plain Base64 with a format; some clients send a data URL in its place. */
function decodeAudio(part: JsonObject, path: string): FilePart {
  const at = `${path}.input_audio`
  const audio = requiredObjectAt(part['input_audio'], at)
  const data = requiredStringAt(audio['data'], `${at}.data`)
  const format = requiredStringAt(audio['format'], `${at}.format`)
  const mimeType = audioTypes.get(format) ?? `audio/${format}`
  return { type: 'file', source: fromDataUrl(data) ?? { kind: 'base64', mimeType, data } }
}

const audioTypes: ReadonlyMap<string, string> = new Map([['mp3', 'audio/mpeg']])

/** https://platform.openai.com/docs/guides/pdf-files: an uploaded file's id, or a data URL with a name. */
function decodeFile(part: JsonObject, path: string): FilePart {
  const at = `${path}.file`
  const file = requiredObjectAt(part['file'], at)
  const filename = stringAt(file['filename'], `${at}.filename`)
  const id = stringAt(file['file_id'], `${at}.file_id`)
  const source: MediaSource =
    id === undefined
      ? dataSource(requiredStringAt(file['file_data'], `${at}.file_data`), filename)
      : { kind: 'reference', dialect: 'openai-chat', id }
  return {
    type: 'file',
    source,
    ...(filename !== undefined && { filename }),
    ...cacheMark(part),
  }
}

/** Bare Base64 is a PDF unless its name says that it is text: the API takes little else. */
function dataSource(data: string, filename: string | undefined): MediaSource {
  const mimeType = filename?.toLowerCase().endsWith('.txt') ? 'text/plain' : 'application/pdf'
  return fromDataUrl(data) ?? { kind: 'base64', mimeType, data }
}

/** Parameters of the MIME type have no place in the neutral form. */
function fromDataUrl(url: string): MediaSource | undefined {
  if (!url.startsWith('data:')) return undefined
  const comma = url.indexOf(',')
  const [mimeType, ...parameters] = url.slice('data:'.length, comma).split(';')
  if (comma < 0 || !mimeType || parameters.at(-1) !== 'base64') return undefined
  return { kind: 'base64', mimeType, data: url.slice(comma + 1) }
}

/**
 * `cache_control` is no member of OpenAI's; clients send it through compatible routers to Anthropic's models.
 * https://openrouter.ai/docs/features/prompt-caching
 */
export function cacheMark(part: JsonObject): { cache?: CacheMark } {
  const control = objectOf(part['cache_control'])
  return control ? { cache: { ttl: control['ttl'] === '1h' ? '1h' : '5m' } } : {}
}
