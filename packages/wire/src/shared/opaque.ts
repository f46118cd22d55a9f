import { dialectNames, type DialectName } from '../spec/dialect-name.ts'
import type { ProviderData } from '../spec/request.ts'
import { objectOf, parseJson } from './json.ts'

/**
 * State of one provider in the slot that another provider's dialect has for its own (a signature, encrypted
 * content): the client carries it back without reading it, so a conversation can cross dialects and lose nothing.
 */
export function wrapOpaque(data: ProviderData): string {
  const json = JSON.stringify({ dialect: data.dialect, data: data.data })
  return prefix + Buffer.from(json, 'utf8').toString('base64url')
}

/**
 * What `wrapOpaque` has wrapped; `undefined` when the text is something else, such as the dialect's own signature.
 * Never throws. The data comes from a client: it is well formed, and no more than that is known of it.
 */
export function unwrapOpaque(text: string): ProviderData | undefined {
  if (!text.startsWith(prefix) || text.length > maxLength) return undefined
  const encoded = text.slice(prefix.length)
  if (!/^[\w-]+$/u.test(encoded)) return undefined
  const wrapped = objectOf(parseJson(Buffer.from(encoded, 'base64url').toString('utf8')))
  const dialect = wrapped?.['dialect']
  const data = objectOf(wrapped?.['data'])
  return data && isDialectName(dialect) ? { dialect, data } : undefined
}

/**
 * Whether a body may hold something that was wrapped. Its own dialect's provider would refuse that, so such a body
 * must be translated even where client and provider speak the same.
 */
export function mayHoldWrapped(bodyText: string): boolean {
  return bodyText.includes(beginning)
}

const prefix = 'atr1.'

/** What every wrapping begins with. */
const beginning = prefix + Buffer.from('{"dialect":"').toString('base64url')

/** Characters. Encrypted reasoning of a long turn takes some hundred thousand. */
const maxLength = 8 * 1024 * 1024

function isDialectName(value: unknown): value is DialectName {
  return dialectNames.some((name) => name === value)
}
