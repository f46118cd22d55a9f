import type { FidelityCollector } from '../shared/fidelity.ts'
import {
  listAt,
  missing,
  requiredObjectAt,
  requiredStringAt,
  stringAt,
  wordAt,
} from '../shared/request-values.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { FilePart, ImagePart, MediaSource, TextPart, UserPart } from '../spec/request.ts'

/**
 * The content of a user's message or of a function's output: a string, or a list of input parts.
 * https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 */
export function decodeContent(
  value: JsonValue | undefined,
  path: string,
  notes: FidelityCollector,
): UserPart[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  const parts = listAt(value, path) ?? missing(path)
  return parts.map((part, index) => {
    const at = `${path}[${index}]`
    return decodePart(requiredObjectAt(part, at), at, notes)
  })
}

/** Content that must be text: instructions, and what the assistant said. */
export function decodeTexts(
  value: JsonValue | undefined,
  path: string,
  notes: FidelityCollector,
): TextPart[] {
  return decodeContent(value, path, notes).flatMap((part) => {
    if (part.type === 'text') return [part]
    notes.dropped(`messages.${part.type}`, 'instructions and earlier replies hold text only')
    return []
  })
}

function decodePart(part: JsonObject, at: string, notes: FidelityCollector): UserPart {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: requiredStringAt(part['text'], `${at}.text`) }
    case 'refusal':
      return { type: 'text', text: requiredStringAt(part['refusal'], `${at}.refusal`) }
    case 'input_image':
      return decodeImage(part, at, notes)
    case 'input_file':
      return decodeFile(part, at, notes)
    case 'input_audio':
      return decodeAudio(requiredObjectAt(part['input_audio'], `${at}.input_audio`), `${at}.input_audio`)
    default:
      wordAt(part['type'], `${at}.type`, partTypes)
      return missing(`${at}.type`)
  }
}

const partTypes = [
  'input_text',
  'input_image',
  'input_file',
  'input_audio',
  'output_text',
  'refusal',
] as const

function decodeImage(part: JsonObject, at: string, notes: FidelityCollector): ImagePart {
  const url = stringAt(part['image_url'], `${at}.image_url`)
  const fileId = stringAt(part['file_id'], `${at}.file_id`)
  const image: ImagePart = { type: 'image', source: sourceOf(url, fileId, 'image_url', at) }
  const detail = wordAt(part['detail'], `${at}.detail`, ['low', 'high', 'auto', 'original'])
  // The largest that other APIs know.
  if (detail === 'original') notes.renamed('messages.image.detail', 'said as high')
  // `auto` is what no word means as well.
  if (detail !== undefined && detail !== 'auto') image.detail = detail === 'original' ? 'high' : detail
  return image
}

function decodeFile(part: JsonObject, at: string, notes: FidelityCollector): FilePart {
  const data = stringAt(part['file_data'], `${at}.file_data`)
  const url = stringAt(part['file_url'], `${at}.file_url`)
  const fileId = stringAt(part['file_id'], `${at}.file_id`)
  const filename = stringAt(part['filename'], `${at}.filename`)
  const file: FilePart = {
    type: 'file',
    source: sourceOf(data ?? url, fileId, data === undefined ? 'file_url' : 'file_data', at),
  }
  if (filename !== undefined) file.filename = filename
  if (part['detail'] === 'low' || part['detail'] === 'high') {
    notes.dropped('messages.file.detail', 'how closely a file is looked at is OpenAI’s own setting')
  }
  return file
}

function decodeAudio(audio: JsonObject, at: string): FilePart {
  const format = wordAt(audio['format'], `${at}.format`, ['wav', 'mp3']) ?? missing(`${at}.format`)
  const mimeType = format === 'mp3' ? 'audio/mpeg' : 'audio/wav'
  return {
    type: 'file',
    source: { kind: 'base64', mimeType, data: requiredStringAt(audio['data'], `${at}.data`) },
  }
}

function sourceOf(
  url: string | undefined,
  fileId: string | undefined,
  member: string,
  at: string,
): MediaSource {
  if (url !== undefined) return urlSource(url, member, at)
  if (fileId !== undefined) return { kind: 'reference', dialect: 'openai-responses', id: fileId }
  return missing(`${at}.${member}`)
}

/** An address, or the data itself. `file_data` without a `data:` prefix is Base64 of a PDF. */
function urlSource(url: string, member: string, at: string): MediaSource {
  if (/^https?:\/\//iu.test(url)) return { kind: 'url', url }
  const comma = url.indexOf(',', 5)
  if (!url.startsWith('data:')) {
    if (member === 'file_data') return { kind: 'base64', mimeType: 'application/pdf', data: url }
  } else if (comma > 0 && url.slice(0, comma).endsWith(';base64')) {
    const mimeType = url.slice(5, comma).split(';')[0] || 'application/octet-stream'
    return { kind: 'base64', mimeType, data: url.slice(comma + 1) }
  }
  const path = `${at}.${member}`
  throw new RequestError(`'${path}' must be a web address or a Base64 data URL.`, path)
}
