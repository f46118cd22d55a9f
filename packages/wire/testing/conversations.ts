import fc from 'fast-check'
import { jsonValue } from './json.ts'
import {
  type AssistantPart,
  type DialectName,
  dialects,
  type DecodedRequest,
  inbounds,
  type JsonObject,
  type Message,
  type ModelRequest,
  type ToolResultPart,
  type UserPart,
} from '../src/index.ts'

/** A request as a client of the dialect sends it, read by the server. */
export function throughClient(dialect: DialectName, request: ModelRequest): DecodedRequest {
  const { body } = dialects[dialect].encodeRequest(request)
  const { model, stream } = request
  return inbounds[dialect].decodeRequest(JSON.parse(JSON.stringify(body)) as JsonObject, { model, stream })
}

/** What a request asks for, in words that do not depend on ids, on message boundaries or on where state is kept. */
export function gistOfRequest(request: ModelRequest) {
  const { tools, toolChoice, maxOutputTokens, temperature, responseFormat, stream } = request
  const ordinals = new Map<string, number>()
  return {
    stream,
    maxOutputTokens,
    temperature,
    toolChoice: toolChoice ?? { type: 'auto' },
    schema: responseFormat?.type === 'json' ? responseFormat.schema : undefined,
    system: request.system?.map(({ text }) => text).join('\n\n') ?? '',
    tools: tools?.map((tool) =>
      tool.type === 'function' ? [tool.name, tool.description, tool.inputSchema] : tool.definition,
    ),
    conversation: request.messages.flatMap((message) => gistOfMessage(message, ordinals)),
  }
}

function gistOfMessage(message: Message, ordinals: Map<string, number>): unknown[] {
  switch (message.role) {
    case 'system':
      return message.content.map(({ text }) => ['system', text])
    case 'tool':
      return message.content.map(({ toolCallId, toolName, content }) => {
        const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
        return ['result', ordinals.get(toolCallId), toolName, text]
      })
    case 'user':
      return message.content.map((part) => ['user', part.type === 'text' ? part.text : part.source])
    case 'assistant':
      return message.content.flatMap((part) => gistOfAssistantPart(part, ordinals))
  }
}

function gistOfAssistantPart(part: AssistantPart, ordinals: Map<string, number>): unknown[] {
  if (part.type === 'text') return [['said', part.text]]
  if (part.type !== 'tool-call') return []
  ordinals.set(part.id, ordinals.size)
  return [['called', part.name, part.args]]
}

const words = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((text) => text.trim() === text && text !== '')
const name = fc.stringMatching(/^[a-z][a-z_]{0,12}$/u)
const image = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes): UserPart => ({
  type: 'image',
  source: {
    kind: 'base64',
    mimeType: 'image/png',
    data: Buffer.concat([pngSignature, bytes]).toString('base64'),
  },
}))

/** Some servers know a picture by its first bytes only. */
const pngSignature = Buffer.from('89504e470d0a1a0a0000000d', 'hex')

const schema = fc.constantFrom<JsonObject>(
  { type: 'object', properties: {} },
  {
    type: 'object',
    properties: {
      city: { type: 'string', description: 'Where' },
      days: { type: 'array', items: { type: 'integer' } },
    },
    required: ['city'],
    additionalProperties: false,
  },
)

/** One thing that the user says, and what the assistant does until it has answered. */
interface Exchange {
  text: string
  image: UserPart | undefined
  calls: { name: string; args: JsonObject; result: string }[]
  answer: string
}

const exchange: fc.Arbitrary<Exchange> = fc.record({
  text: words,
  image: fc.option(image, { nil: undefined }),
  calls: fc.array(
    fc.record({
      name,
      args: fc.dictionary(fc.string({ minLength: 1 }), jsonValue({ maxDepth: 1 }), {
        maxKeys: 3,
      }) as fc.Arbitrary<JsonObject>,
      result: words,
    }),
    { maxLength: 3 },
  ),
  answer: words,
})

/** A request made of what every dialect has words for. It ends with the user, or with results of tools. */
export const anyRequest: fc.Arbitrary<ModelRequest> = fc
  .record({
    exchanges: fc.array(exchange, { minLength: 1, maxLength: 3 }),
    last: words,
    system: fc.option(words, { nil: undefined }),
    tools: fc.uniqueArray(fc.record({ name, description: words, inputSchema: schema }), {
      minLength: 1,
      maxLength: 3,
      selector: (tool) => tool.name,
    }),
    schema: fc.option(schema, { nil: undefined }),
    maxOutputTokens: fc.integer({ min: 1, max: 8000 }),
    temperature: fc.constantFrom(undefined, 0, 0.25, 1),
    stream: fc.boolean(),
  })
  .map(({ exchanges, last, system, tools, schema: shape, ...settings }) => ({
    model: 'claude-sonnet-4-5',
    ...settings,
    ...(system !== undefined && { system: [{ type: 'text', text: system }] }),
    messages: [...exchanges.flatMap(messagesOf), { role: 'user', content: [{ type: 'text', text: last }] }],
    tools: tools.map((tool) => ({ type: 'function', ...tool })),
    ...(shape && { responseFormat: { type: 'json', schema: shape } }),
  }))

function messagesOf({ text, image: picture, calls, answer }: Exchange, turn: number): Message[] {
  const said: UserPart = { type: 'text', text }
  const results = calls.map((call, index): ToolResultPart => ({
    type: 'tool-result',
    toolCallId: `call_${turn}_${index}`,
    toolName: call.name,
    content: [{ type: 'text', text: call.result }],
  }))
  const called = calls.map((call, index): AssistantPart => ({
    type: 'tool-call',
    id: `call_${turn}_${index}`,
    name: call.name,
    args: call.args,
  }))
  return [
    { role: 'user', content: picture ? [said, picture] : [said] },
    ...(calls.length > 0
      ? ([
          { role: 'assistant', content: called },
          { role: 'tool', content: results },
        ] satisfies Message[])
      : []),
    { role: 'assistant', content: [{ type: 'text', text: answer }] },
  ]
}
