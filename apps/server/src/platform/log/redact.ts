const hidden = '[hidden]'
const deepest = 6

const hiddenNames = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'xapikey',
  'xgoogapikey',
  'prompt',
  'content',
  'messages',
])

const hiddenEndings = ['apikey', 'password', 'secret', 'token', 'privatekey']

function isHidden(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[-_]/g, '')
  return hiddenNames.has(plain) || hiddenEndings.some((ending) => plain.endsWith(ending))
}

/** These have serializers of their own. */
const serialized = new Set(['err', 'req', 'res'])

/** Copies a record with the values of confidential fields hidden, down to six levels; deeper ones are left out. */
export function redact(record: Record<string, unknown>): Record<string, unknown> {
  const own = Object.entries(record).filter(([name]) => serialized.has(name))
  return { ...redactRecord(record, 0), ...Object.fromEntries(own) }
}

function redactRecord(record: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      isHidden(name) ? hideUnlessEmpty(value) : redactValue(value, depth),
    ]),
  )
}

/** An absent credential is worth knowing about. */
const hideUnlessEmpty = (value: unknown): unknown => (value === null || value === undefined ? value : hidden)

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  // Errors have a serializer of their own; whatever knows its own JSON form (dates, secrets) uses it.
  if (value instanceof Error || 'toJSON' in value) return value
  if (depth >= deepest) return '[deep]'
  if (Array.isArray(value)) return value.map((entry) => redactValue(entry, depth + 1))
  if (value instanceof Map) return redactRecord(Object.fromEntries(value), depth + 1)
  return isPlain(value) ? redactRecord(value, depth + 1) : `[${value.constructor.name}]`
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const credentials = /\b(Bearer |[?&]key=|atr_|sk-)[\w.~+/=-]{8,}|([?&]key=)[\w-]{8,}/g

/** Hides what looks like a credential inside a finished line: error messages quote URLs and headers. */
export function scrub(line: string): string {
  return line.replace(credentials, (_, one?: string, other?: string) => `${one ?? other ?? ''}${hidden}`)
}
