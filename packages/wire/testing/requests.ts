import fc from 'fast-check'
import { jsonValue } from './json.ts'
import {
  type JsonObject,
  type JsonValue,
  type Message,
  type ModelRequest,
  RequestError,
} from '../src/index.ts'
import { replies } from './said.ts'

/** The refusal that this decoding ends with. Throws when there is none, or another error. */
export function refusalOf(decode: () => unknown): RequestError {
  try {
    decode()
  } catch (error) {
    if (error instanceof RequestError) return error
    throw error
  }
  throw new Error('was not refused')
}

/** Bodies made of words of a dialect in any disorder, prototypes included. */
export function disorder(members: string[], words: string[]): fc.Arbitrary<JsonObject> {
  const names = fc.constantFrom(...members, '__proto__', 'constructor')
  const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...words),
      jsonValue({ maxDepth: 0 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 4 }),
    ),
  }))
  return fc.dictionary(names, value)
}

/** Turns of a conversation that any dialect with calls can say: text, images of users, calls and their results. */
export function conversations(): fc.Arbitrary<Message[]> {
  const image = fc.record({
    type: fc.constant('image' as const),
    source: fc.constantFrom(
      { kind: 'url' as const, url: 'https://x/y.png', mimeType: 'image/png' },
      { kind: 'base64' as const, mimeType: 'image/png', data: 'AA==' },
    ),
  })
  const user = fc.record({
    role: fc.constant('user' as const),
    content: fc.array(fc.oneof(texts, image), { minLength: 1, maxLength: 3 }),
  })
  return fc.tuple(user, replies().map(turnOf), user).map(([first, turn, last]) => [first, ...turn, last])
}

/** Texts that no dialect takes for blank. */
export const texts = fc
  .string({ minLength: 1, maxLength: 8 })
  .map((text) => ({ type: 'text' as const, text: `${text}.` }))

function turnOf({ blocks }: { blocks: Message['content'] }): Message[] {
  const content = blocks.filter((block) => block.type === 'text' || block.type === 'tool-call')
  const results = content.flatMap((part) =>
    part.type === 'tool-call'
      ? [
          {
            type: 'tool-result' as const,
            toolCallId: part.id,
            toolName: part.name,
            content: [{ type: 'text' as const, text: 'r' }],
          },
        ]
      : [],
  )
  return [
    ...(content.length > 0 ? [{ role: 'assistant' as const, content }] : []),
    ...(results.length > 0 ? [{ role: 'tool' as const, content: results }] : []),
  ]
}

/** Settings that several dialects have. */
export const settings = {
  maxOutputTokens: fc.integer({ min: 1, max: 9999 }),
  temperature: fc.constantFrom(0, 0.5, 1),
  topP: fc.constantFrom(0.1, 1),
  toolChoice: fc.constantFrom<NonNullable<ModelRequest['toolChoice']>>(
    { type: 'auto' },
    { type: 'none' },
    { type: 'required' },
    { type: 'named', name: 'f' },
  ),
}
