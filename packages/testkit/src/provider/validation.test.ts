import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { records, type Json } from './json.ts'
import { startFakeProvider, type FakeProvider } from './server.ts'
import { sign } from './signature.ts'
import { at, jsonOf, send, type TestDialect } from './test-client.ts'

let provider: FakeProvider
beforeAll(async () => {
  provider = await startFakeProvider()
})
afterAll(async () => provider[Symbol.asyncDispose]())

/** The status and error words that a body gets. */
async function verdict(dialect: TestDialect, body: Json, model = 'fake-1'): Promise<string> {
  const response = await send(provider.url, { dialect, stream: false, model, body })
  const text = await response.text()
  return response.status === 200 ? 'ok' : `${response.status} ${text}`
}

const hi = { role: 'user', content: 'hi' }

describe('Anthropic Messages', () => {
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {} }] }
  const result = { type: 'tool_result', tool_use_id: 't1', content: 'rain' }
  const marked = { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }
  const thought = { type: 'thinking', thinking: 'hm', signature: sign('hm') }

  it.each<[string, Json]>([
    ['max_tokens: Field required', { max_tokens: undefined }],
    ['Extra inputs are not permitted', { frequency_penalty: 1 }],
    ['roles must alternate', { messages: [hi, hi] }],
    ['first message must use', { messages: [{ role: 'assistant', content: 'x' }] }],
    ['Unexpected role', { messages: [{ role: 'system', content: 'x' }, hi] }],
    ['non-empty content', { messages: [{ role: 'user', content: '' }] }],
    [
      'text content blocks must be non-empty',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
    ],
    ['trailing whitespace', { messages: [hi, { role: 'assistant', content: 'so ' }] }],
    ['ids were found without', { messages: [hi, use, hi] }],
    ['unexpected `tool_use_id`', { messages: [{ role: 'user', content: [result] }] }],
    [
      'ids were found without',
      { messages: [hi, use, { role: 'user', content: [{ type: 'text', text: 'x' }, result] }] },
    ],
    [
      'maximum of 4 blocks',
      { system: [marked, marked], messages: [{ role: 'user', content: [marked, marked, marked] }] },
    ],
    [
      'Invalid `signature`',
      { messages: [hi, { role: 'assistant', content: [{ ...thought, thinking: 'hmm' }] }] },
    ],
    ['greater than or equal to 1024', { thinking: { type: 'enabled', budget_tokens: 10 } }],
  ])('refuses: %s', async (words, body) => {
    expect(await verdict('anthropic-messages', body)).toMatch(/^400 /)
    expect(await verdict('anthropic-messages', body)).toContain(words)
  })

  it('accepts a whole tool round with thinking kept', async () => {
    const turn = { role: 'assistant', content: [thought, ...use.content] }
    const messages = [hi, turn, { role: 'user', content: [result, { type: 'text', text: 'and?' }] }]
    const thinking = { type: 'enabled', budget_tokens: 1024 }
    expect(await verdict('anthropic-messages', { messages, thinking })).toBe('ok')
    expect(await verdict('anthropic-messages', { messages: [hi, use, messages[2]], thinking })).toContain(
      'must start with a thinking block',
    )
  })
})

describe('OpenAI Chat Completions', () => {
  const fn = { name: 'weather', arguments: '{}' }
  const call = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c1', type: 'function', function: fn }],
  }
  const result = { role: 'tool', tool_call_id: 'c1', content: 'rain' }

  it.each<[string, Json]>([
    ['empty array', { messages: [] }],
    ['must be a response to a preceeding message', { messages: [hi, result] }],
    ['did not have response messages: c1', { messages: [hi, call] }],
    ['did not have response messages: c1', { messages: [hi, call, hi] }],
    ['expected a string, got null', { messages: [{ role: 'user', content: null }] }],
    ["only allowed when 'stream' is enabled", { stream_options: { include_usage: true } }],
    ['at the same time', { max_tokens: 1, max_completion_tokens: 1 }],
    ["only allowed when 'tools' are specified", { tools: undefined, tool_choice: 'auto' }],
    ['Supported values are', { messages: [{ role: 'model', content: 'x' }] }],
  ])('refuses: %s', async (words, body) => {
    expect(await verdict('openai-chat', body)).toMatch(/^400 /)
    expect(await verdict('openai-chat', body)).toContain(words)
  })

  it('accepts a whole tool round and system messages anywhere', async () => {
    const developer = { role: 'developer', content: 'be brief' }
    expect(await verdict('openai-chat', { messages: [developer, hi, call, result, developer] })).toBe('ok')
  })
})

describe('OpenAI Responses', () => {
  const call = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'weather', arguments: '{}' }
  const output = { type: 'function_call_output', call_id: 'c1', output: 'rain' }

  it.each<[string, Json]>([
    ["Missing required parameter: 'input'", { input: undefined }],
    ["Unknown parameter: 'messages'", { messages: [] }],
    ['previous_response_not_found', { previous_response_id: 'resp_1' }],
    ['below minimum value', { max_output_tokens: 5 }],
    ['No tool call found', { input: [hi, output] }],
    ['No tool output found for function call c1', { input: [hi, call] }],
    ["begins with 'fc'", { input: [hi, { ...call, id: 'msg_1' }, output] }],
    ["Invalid value: 'text'", { input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }],
    ["required 'reasoning' item: 'rs_7'", { input: [hi, { ...call, id: 'fc_r7_0' }, output] }],
    ['required following item', { input: [hi, { type: 'reasoning', id: 'rs_1', summary: [] }] }],
    ['not persisted', { store: false, input: [{ type: 'reasoning', id: 'rs_1', summary: [] }, hi] }],
    ['could not be verified', { input: [{ type: 'reasoning', id: 'rs_1', encrypted_content: 'x' }, hi] }],
  ])('refuses: %s', async (words, body) => {
    expect(await verdict('openai-responses', body)).toMatch(/^400 /)
    expect(await verdict('openai-responses', body)).toContain(words)
  })

  it('takes its own output back', async () => {
    const ask = {
      input: '[[fake reasoning=2 tools=2]]',
      store: false,
      include: ['reasoning.encrypted_content'],
    }
    const first = await send(provider.url, { dialect: 'openai-responses', stream: false, body: ask })
    const items = records((await jsonOf(first))['output'])
    const outputs = items.flatMap((item) =>
      item['type'] === 'function_call' ? [{ ...output, call_id: item['call_id'] }] : [],
    )
    expect(outputs).toHaveLength(2)
    const input = [{ role: 'user', content: ask.input }, ...items, ...outputs]
    expect(await verdict('openai-responses', { ...ask, input })).toBe('ok')
  })
})

describe('Gemini', () => {
  const user = { role: 'user', parts: [{ text: 'hi' }] }
  const call = { role: 'model', parts: [{ functionCall: { name: 'weather', args: {} } }] }
  const output = { functionResponse: { name: 'weather', response: {} } }
  const answer = { role: 'user', parts: [output] }

  it.each<[string, Json]>([
    ['contents is not specified', { contents: [] }],
    ['Unknown name', { messages: [] }],
    ['valid role: user, model', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }],
    ['must not be empty', { contents: [{ role: 'user', parts: [] }] }],
    ['one initialized field', { contents: [{ role: 'user', parts: [{ thought: true }] }] }],
    ['immediately after a function call turn', { contents: [user, answer] }],
    [
      'number of function response parts',
      { contents: [user, call, { role: 'user', parts: [output, output] }] },
    ],
    ['number of function response parts', { contents: [user, call, user] }],
    [
      'Corrupted thought signature',
      {
        contents: [user, { ...call, parts: [{ ...call.parts[0], thoughtSignature: 'AAAA' }] }, answer],
      },
    ],
  ])('refuses: %s', async (words, body) => {
    expect(await verdict('gemini', body)).toMatch(/^400 .*INVALID_ARGUMENT/)
    expect(await verdict('gemini', body)).toContain(words)
  })

  it('wants signatures back from models that think', async () => {
    const text = '[[fake tools=2]]'
    const model = 'fake-reasoning'
    const first = await send(provider.url, { dialect: 'gemini', stream: false, model, text })
    const [candidate = {}] = records((await jsonOf(first))['candidates'])
    const content = at(candidate, 'content')
    const answers = { role: 'user', parts: [output, output] }
    const asked = { role: 'user', parts: [{ text }] }
    expect(await verdict('gemini', { contents: [asked, content, answers] }, model)).toBe('ok')
    const bare = records(content['parts']).map((part) => ({ ...part, thoughtSignature: undefined }))
    const stripped = { contents: [asked, { ...content, parts: bare }, answers] }
    expect(await verdict('gemini', stripped, model)).toContain('missing a thought_signature')
    expect(await verdict('gemini', stripped)).toBe('ok')
    const later = { contents: [...stripped.contents, { role: 'model', parts: [{ text: 'x' }] }, user] }
    expect(await verdict('gemini', later, model)).toBe('ok')
  })
})

describe('Ollama', () => {
  it.each<[string, Json]>([
    ['model is required', { model: undefined }],
    ['cannot unmarshal array', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    ['invalid role', { messages: [{ role: 'developer', content: 'x' }] }],
    ['illegal base64', { messages: [{ ...hi, images: ['data:image/png;base64,AA'] }] }],
    [
      'arguments of type map',
      {
        messages: [hi, { role: 'assistant', tool_calls: [{ function: { name: 'a', arguments: '{}' } }] }],
      },
    ],
  ])('refuses: %s', async (words, body) => {
    expect(await verdict('ollama', body)).toMatch(/^400 /)
    expect(await verdict('ollama', body)).toContain(words)
  })
})
