/** A part of a message as it is drawn. */
export type MessagePart =
  | { kind: 'text' | 'reasoning' | 'file'; text: string }
  | { kind: 'tool-call'; name: string; arguments: unknown }
  | { kind: 'tool-result'; response: unknown }
  | { kind: 'other'; value: unknown }

type Raw = Readonly<Record<string, unknown>> & { readonly type: string }

/** Reads a part of `gen_ai.input.messages`; what is not understood stays as it was sent. */
export function partOf(raw: Raw): MessagePart {
  const { type, content } = raw
  if (type === 'text' && typeof content === 'string') return { kind: 'text', text: content }
  if (type === 'reasoning' && typeof content === 'string') return { kind: 'reasoning', text: content }
  if (type === 'tool_call') {
    return { kind: 'tool-call', name: wordOf(raw['name']) ?? 'tool', arguments: parsed(raw['arguments']) }
  }
  if (type === 'tool_call_response') {
    return { kind: 'tool-result', response: parsed(raw['response'] ?? raw['result']) }
  }
  if (type === 'file') return { kind: 'file', text: fileText(raw) }
  return { kind: 'other', value: type === 'other' ? content : raw }
}

const wordOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

function fileText(raw: Raw): string {
  const uri = wordOf(raw['uri'])
  const place = uri?.startsWith('data:') ? 'inside the message' : uri
  return [wordOf(raw['name']), wordOf(raw['mediaType']), place].filter(Boolean).join(' · ') || 'a file'
}

/** Arguments are often JSON in a string. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    const read: unknown = JSON.parse(value)
    return read
  } catch {
    return value
  }
}
