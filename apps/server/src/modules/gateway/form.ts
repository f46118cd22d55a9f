import { invalidInput } from '#platform/errors'
import { gatewayErrors } from './errors.ts'

/** A multipart form whose field `model` can be given another value. */
export interface FormWithModel {
  readonly model: string
  readonly body: (upstreamModel: string) => Buffer
}

/**
 * Finds the field `model` of a form (RFC 7578); every other byte stays as it is.
 * @throws AppError 400 when there is no such field, or more than one
 */
export function modelInForm(bytes: Buffer, contentType: string): FormWithModel {
  const boundary = /boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(contentType)
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined) throw gatewayErrors.malformed('The form has no boundary.')
  const delimiter = `--${mark}`
  const found = partsOf(bytes, delimiter).filter(({ head }) => /;\s*name="?model"?(?:;|\r|$)/i.test(head))
  const [field] = found
  if (!field || found.length > 1)
    throw invalidInput('model: the form must have this field once.', { param: 'model' })
  const { start, end } = field
  return {
    model: bytes.toString('utf8', start, end),
    body: (upstreamModel) =>
      Buffer.concat([bytes.subarray(0, start), Buffer.from(upstreamModel), bytes.subarray(end)]),
  }
}

interface Part {
  readonly head: string
  /** Of the content. */
  readonly start: number
  readonly end: number
}

const mostParts = 50

function partsOf(bytes: Buffer, delimiter: string): Part[] {
  const parts: Part[] = []
  let at = bytes.indexOf(delimiter)
  while (at >= 0 && parts.length < mostParts) {
    const headStart = at + delimiter.length
    const headEnd = bytes.indexOf('\r\n\r\n', headStart)
    const next = bytes.indexOf(`\r\n${delimiter}`, headStart)
    if (headEnd < 0 || next < headEnd) break
    parts.push({ head: bytes.toString('latin1', headStart, headEnd), start: headEnd + 4, end: next })
    at = next + 2
  }
  return parts
}
