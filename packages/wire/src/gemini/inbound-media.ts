import type { FidelityCollector } from '../shared/fidelity.ts'
import { requiredObjectAt, requiredStringAt, stringAt } from '../shared/request-values.ts'
import type { JsonObject } from '../spec/json.ts'
import type { FilePart, ImagePart, MediaSource } from '../spec/request.ts'
import { memberOf } from './inbound-values.ts'

/**
 * `inlineData` or `fileData`; `undefined` for a part that has neither.
 * https://ai.google.dev/api/caching#Part
 *
 * @throws RequestError
 */
export function decodeMedia(
  part: JsonObject,
  at: string,
  notes: FidelityCollector,
): ImagePart | FilePart | undefined {
  const inline = memberOf(part, 'inlineData')
  const file = memberOf(part, 'fileData')
  if (inline == null && file == null) return undefined
  const path = `${at}.${inline == null ? 'fileData' : 'inlineData'}`
  const data = requiredObjectAt(inline ?? file, path)
  const source = inline == null ? fileSource(data, path) : inlineSource(data, path)
  if (memberOf(part, 'videoMetadata') != null || memberOf(part, 'mediaResolution') != null) {
    notes.dropped('messages.file', 'how closely media are looked at is Gemini’s own setting')
  }
  if (source.mimeType?.startsWith('image/')) return { type: 'image', source }
  const filename = stringAt(memberOf(data, 'displayName'), `${path}.displayName`)
  return filename === undefined ? { type: 'file', source } : { type: 'file', source, filename }
}

function inlineSource(data: JsonObject, at: string): MediaSource {
  return {
    kind: 'base64',
    mimeType: requiredStringAt(memberOf(data, 'mimeType'), `${at}.mimeType`),
    data: requiredStringAt(data['data'], `${at}.data`),
  }
}

/** Files that were uploaded to Google are known to Google alone. https://ai.google.dev/gemini-api/docs/files */
function fileSource(data: JsonObject, at: string): MediaSource {
  const uri = requiredStringAt(memberOf(data, 'fileUri'), `${at}.fileUri`)
  const mimeType = stringAt(memberOf(data, 'mimeType'), `${at}.mimeType`)
  const type = mimeType === undefined ? {} : { mimeType }
  const isWeb = /^https?:\/\//iu.test(uri) && !uri.startsWith('https://generativelanguage.googleapis.com/')
  return isWeb
    ? { kind: 'url', url: uri, ...type }
    : { kind: 'reference', dialect: 'gemini', id: uri, ...type }
}
