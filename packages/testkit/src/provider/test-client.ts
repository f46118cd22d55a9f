import { isRecord, numberOf, parseRecord, records, textOf, type Json } from './json.ts'

/** The dialects that generate answers. */
export const dialects = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini', 'ollama'] as const
export type TestDialect = (typeof dialects)[number]

export interface Ask {
  dialect: TestDialect
  text?: string
  model?: string
  stream?: boolean
  key?: string
  /** Fields laid over the body. */
  body?: Json
  signal?: AbortSignal
}

/** What a plain client makes of an answer. */
export interface Heard {
  text: string
  reasoning: string
  calls: { name: string; args: string }[]
  stop: string
  /** Input and output tokens as this dialect counts them. */
  usage: { input: number; output: number } | undefined
  /** The terminal marker came. */
  finished: boolean
  error: string
}

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const spec = { name: 'weather', description: 'The weather', parameters: schema }
const json = { 'content-type': 'application/json' }

export interface AskRequest {
  path: string
  headers: Record<string, string>
  body: Json
}

/** The address, headers and body of a small request. */
export function requestOf(ask: Ask): AskRequest {
  const { model = 'fake-1', text = 'hello', stream = true, key = 'sk-good' } = ask
  const messages = [{ role: 'user', content: text }]
  const tools = [{ type: 'function', function: spec }]
  const bearer = { ...json, authorization: `Bearer ${key}` }
  const requests: Record<TestDialect, () => AskRequest> = {
    'anthropic-messages': () => ({
      path: '/v1/messages',
      headers: { ...json, 'x-api-key': key, 'anthropic-version': '2023-06-01' },
      body: { model, messages, stream, max_tokens: 4096, tools: [{ name: 'weather', input_schema: schema }] },
    }),
    'openai-chat': () => ({
      path: '/v1/chat/completions',
      headers: bearer,
      body: {
        model,
        messages,
        stream,
        tools,
        ...(stream ? { stream_options: { include_usage: true } } : {}),
      },
    }),
    'openai-responses': () => ({
      path: '/v1/responses',
      headers: bearer,
      body: { model, input: messages, stream, tools: [{ type: 'function', ...spec }] },
    }),
    gemini: () => ({
      path: `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      headers: { ...json, 'x-goog-api-key': key },
      body: { contents: [{ role: 'user', parts: [{ text }] }], tools: [{ functionDeclarations: [spec] }] },
    }),
    ollama: () => ({ path: '/api/chat', headers: bearer, body: { model, messages, stream, tools } }),
  }
  return requests[ask.dialect]()
}

/** The JSON object that a response holds. */
export async function jsonOf(response: Response): Promise<Json> {
  return parseRecord(await response.text()) ?? {}
}

/** Sends a request; the answer is not read yet. */
export async function send(url: string, ask: Ask): Promise<Response> {
  const { path, headers, body } = requestOf(ask)
  const signal = ask.signal === undefined ? {} : { signal: ask.signal }
  return fetch(url + path, {
    method: 'POST',
    headers,
    body: JSON.stringify({ ...body, ...ask.body }),
    ...signal,
  })
}

/** Sends a request and reads all of its answer. */
export async function hear(url: string, ask: Ask): Promise<Heard> {
  const response = await send(url, ask)
  return understand(ask.dialect, await response.text(), ask.stream ?? true)
}

/** Reads a body, streamed or whole, with the few rules that a simple client knows. */
export function understand(dialect: TestDialect, raw: string, stream: boolean): Heard {
  const heard: Heard = {
    text: '',
    reasoning: '',
    calls: [],
    stop: '',
    usage: undefined,
    finished: raw.includes('data: [DONE]'),
    error: '',
  }
  const events = stream
    ? raw.split('\n').map((line) => (dialect === 'ollama' ? line : line.replace(/^data: /, '')))
    : [raw]
  for (const event of events) {
    const data = parseRecord(event)
    if (data !== undefined) readers[dialect](data, heard)
  }
  if (!stream) heard.finished = heard.stop !== ''
  return heard
}

const readers: Record<TestDialect, (data: Json, heard: Heard) => void> = {
  'anthropic-messages': readAnthropic,
  'openai-chat': readChat,
  'openai-responses': readResponses,
  gemini: readGemini,
  ollama: readOllama,
}

function readAnthropic(data: Json, heard: Heard): void {
  const delta = at(data, 'delta')
  const usage = at(data['type'] === 'message_start' ? at(data, 'message') : data, 'usage')
  heard.text += textOf(delta['text'])
  heard.reasoning += textOf(delta['thinking'])
  heard.error += textOf(at(data, 'error')['message'])
  heard.stop ||= textOf(delta['stop_reason']) || textOf(data['stop_reason'])
  if (data['type'] === 'message_stop') heard.finished = true
  for (const block of [at(data, 'content_block'), ...records(data['content'])]) {
    heard.text += textOf(block['text'])
    heard.reasoning += textOf(block['thinking'])
    const args = data['type'] === 'message' ? JSON.stringify(block['input']) : ''
    if (block['type'] === 'tool_use') heard.calls.push({ name: textOf(block['name']), args })
  }
  const call = heard.calls.at(-1)
  if (call !== undefined) call.args += textOf(delta['partial_json'])
  const before = heard.usage ?? { input: 0, output: 0 }
  const output = numberOf(usage['output_tokens'])
  if (output !== undefined) heard.usage = { input: numberOf(usage['input_tokens']) ?? before.input, output }
}

function readChat(data: Json, heard: Heard): void {
  heard.error += textOf(at(data, 'error')['message'])
  readUsage(data['usage'], 'prompt_tokens', 'completion_tokens', heard)
  for (const choice of records(data['choices'])) {
    const delta = choice['delta'] === undefined ? at(choice, 'message') : at(choice, 'delta')
    heard.text += textOf(delta['content'])
    heard.reasoning += textOf(delta['reasoning_content'])
    heard.stop ||= textOf(choice['finish_reason'])
    for (const call of records(delta['tool_calls'])) {
      const spec = at(call, 'function')
      if (spec['name'] !== undefined) heard.calls.push({ name: textOf(spec['name']), args: '' })
      const open = heard.calls.at(-1)
      if (open !== undefined) open.args += textOf(spec['arguments'])
    }
  }
}

function readResponses(data: Json, heard: Heard): void {
  const type = textOf(data['type'])
  if (type === 'response.output_text.delta') heard.text += textOf(data['delta'])
  if (type === 'response.reasoning_summary_text.delta') heard.reasoning += textOf(data['delta'])
  if (type === 'error' || data['error'] !== undefined) {
    heard.error += textOf(data['message']) || textOf(at(data, 'error')['message'])
  }
  const whole = data['object'] === 'response' ? data : at(data, 'response')
  if (whole['status'] !== 'completed' && whole['status'] !== 'incomplete') return
  heard.finished = true
  heard.stop = textOf(whole['status'])
  readUsage(whole['usage'], 'input_tokens', 'output_tokens', heard)
  for (const item of records(whole['output'])) {
    if (item['type'] === 'function_call') {
      heard.calls.push({ name: textOf(item['name']), args: textOf(item['arguments']) })
    }
    if (data['object'] !== 'response') continue
    for (const part of records(item['content'])) heard.text += textOf(part['text'])
    for (const part of records(item['summary'])) heard.reasoning += textOf(part['text'])
  }
}

function readGemini(data: Json, heard: Heard): void {
  heard.error += textOf(at(data, 'error')['message'])
  const usage = at(data, 'usageMetadata')
  const output = numberOf(usage['candidatesTokenCount'])
  if (output !== undefined) {
    const thoughts = numberOf(usage['thoughtsTokenCount']) ?? 0
    heard.usage = { input: numberOf(usage['promptTokenCount']) ?? 0, output: output + thoughts }
  }
  for (const candidate of records(data['candidates'])) {
    heard.stop ||= textOf(candidate['finishReason'])
    heard.finished ||= heard.stop !== ''
    for (const part of records(at(candidate, 'content')['parts'])) {
      if (part['thought'] === true) heard.reasoning += textOf(part['text'])
      else heard.text += textOf(part['text'])
      const call = at(part, 'functionCall')
      if (part['functionCall'] !== undefined) {
        heard.calls.push({ name: textOf(call['name']), args: JSON.stringify(call['args']) })
      }
    }
  }
}

function readOllama(data: Json, heard: Heard): void {
  heard.error += textOf(data['error'])
  const message = at(data, 'message')
  heard.text += textOf(message['content'])
  heard.reasoning += textOf(message['thinking'])
  for (const call of records(message['tool_calls'])) {
    const spec = at(call, 'function')
    heard.calls.push({ name: textOf(spec['name']), args: JSON.stringify(spec['arguments']) })
  }
  if (data['done'] !== true) return
  heard.finished = true
  heard.stop = textOf(data['done_reason'])
  readUsage(data, 'prompt_eval_count', 'eval_count', heard)
}

function readUsage(value: unknown, inputName: string, outputName: string, heard: Heard): void {
  if (!isRecord(value)) return
  const input = numberOf(value[inputName])
  const output = numberOf(value[outputName])
  if (input !== undefined && output !== undefined) heard.usage = { input, output }
}

/** A member that is an object; an empty one otherwise. */
export function at(object: Json, name: string): Json {
  const value = object[name]
  return isRecord(value) ? value : {}
}
