import { describe, expect, it } from 'vitest'
import { event, facts, restOf, textOf } from './testing.ts'

// Spans as opentelemetry-instrumentation-openai-v2, the AI SDK 7, Strands and the conventions' own examples have them:
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.response.id': 'chatcmpl-1',
  'gen_ai.request.temperature': 0.2,
  'gen_ai.conversation.id': 'conv_5j66',
  'gen_ai.usage.input_tokens': 120,
  'gen_ai.usage.cache_read.input_tokens': 80,
  'gen_ai.usage.cache_creation.input_tokens': 10,
  'gen_ai.usage.output_tokens': 50,
  'gen_ai.usage.reasoning.output_tokens': 20,
  'gen_ai.usage.total_tokens': 170,
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.response.time_to_first_chunk': 0.3125,
  'gen_ai.system_instructions': '[{"type":"text","content":"Be brief."}]',
  'gen_ai.input.messages': JSON.stringify([
    { role: 'user', parts: [{ type: 'text', content: 'Weather in Paris?' }] },
    {
      role: 'assistant',
      parts: [{ type: 'tool_call', id: 'call_1', name: 'get_weather', arguments: { location: 'Paris' } }],
    },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', result: 'rainy, 57°F' }] },
  ]),
  'gen_ai.output.messages':
    '[{"role":"assistant","parts":[{"type":"reasoning","content":"Hm."},{"type":"text","content":"Rain."}],"finish_reason":"stop"}]',
}

describe('a chat', () => {
  it('tells models, provider, session and the time of the first token', () => {
    expect(facts(CHAT)).toMatchObject({
      convention: 'gen_ai',
      operation: 'chat',
      provider: 'openai',
      model: 'gpt-4o-2024-08-06',
      requestModel: 'gpt-4o',
      session: 'conv_5j66',
      firstTokenNs: 312_500_000n,
      errorType: null,
    })
  })

  it('counts each token once', () => {
    const tokens = { input: 30, cacheRead: 80, cacheWrite: 10, output: 30, reasoning: 20 }
    expect(facts(CHAT).tokens).toEqual(tokens)
  })

  it('keeps what is left at zero when a sender leaves cached tokens out of its input', () => {
    const tokens = { 'gen_ai.usage.input_tokens': 3, 'gen_ai.usage.cache_read.input_tokens': 90 }
    expect(facts({ 'gen_ai.operation.name': 'chat', ...tokens }).tokens).toMatchObject({
      input: 0,
      cacheRead: 90,
    })
  })

  it('gives its messages, instructions first', () => {
    const { input, output } = facts(CHAT)
    expect(input).toEqual([
      textOf('system', 'Be brief.'),
      textOf('user', 'Weather in Paris?'),
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1', name: 'get_weather', arguments: { location: 'Paris' } }],
        finishReason: null,
      },
      {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: 'call_1', response: 'rainy, 57°F' }],
        finishReason: null,
      },
    ])
    expect(output).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm.' },
          { type: 'text', content: 'Rain.' },
        ],
        finishReason: 'stop',
      },
    ])
  })

  it('keeps only what no fact has taken', () => {
    expect(restOf(facts(CHAT))).toEqual({
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.request.temperature': 0.2,
    })
  })

  it('keeps reasons to finish when it has no messages to give them to', () => {
    const { 'gen_ai.output.messages': _, ...without } = CHAT
    expect(restOf(facts(without))).toHaveProperty(['gen_ai.response.finish_reasons'], ['stop'])
  })

  it('reads structured messages and files', () => {
    const parts = [
      new Map([
        ['type', 'uri'],
        ['mime_type', 'image/png'],
        ['uri', 'gs://b/a.png'],
      ]),
      new Map([
        ['type', 'blob'],
        ['mime_type', 'image/png'],
        ['content', 'aGk='],
      ]),
      new Map([
        ['type', 'hologram'],
        ['beam', 'x'],
      ]),
    ]
    const messages = [
      new Map<string, string | typeof parts>([
        ['role', 'user'],
        ['parts', parts],
      ]),
    ]
    expect(facts({ 'gen_ai.input.messages': messages }).input[0]?.parts).toEqual([
      { type: 'file', mediaType: 'image/png', uri: 'gs://b/a.png' },
      { type: 'file', mediaType: 'image/png', uri: 'data:image/png;base64,aGk=' },
      { type: 'other', content: { type: 'hologram', beam: 'x' } },
    ])
  })

  it('guesses a chat where older senders name no operation', () => {
    const old = {
      'gen_ai.system': 'OpenAI',
      'gen_ai.request.model': 'gpt-4',
      'gen_ai.usage.completion_tokens': 7,
    }
    const told = facts(old)
    expect(told).toMatchObject({
      operation: 'chat',
      provider: 'openai',
      model: 'gpt-4',
      tokens: { output: 7 },
    })
    expect(restOf(told)).toEqual({ 'gen_ai.system': 'OpenAI' })
  })
})

describe('content in events', () => {
  it('is read from the messages of conventions up to 1.36', () => {
    const told = facts(
      {
        'gen_ai.system': 'openai',
        'gen_ai.operation.name': 'chat',
        'gen_ai.response.finish_reasons': ['tool_calls'],
      },
      {
        events: [
          event('gen_ai.system.message', { content: 'Be brief.' }),
          event('gen_ai.user.message', { 'gen_ai.event.content': '{"role":"user","content":"Hi"}' }),
          event('gen_ai.tool.message', { content: '{"ok":true}', id: 'call_0' }),
          event('gen_ai.choice', {
            index: 0,
            message:
              '{"role":"assistant","tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]}',
          }),
        ],
      },
    )
    expect(told.input).toEqual([
      textOf('system', 'Be brief.'),
      textOf('user', 'Hi'),
      {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: 'call_0', response: { ok: true } }],
        finishReason: null,
      },
    ])
    expect(told.output).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1', name: 'f', arguments: { a: 1 } }],
        finishReason: 'tool_calls',
      },
    ])
  })

  it('is read from prompt and completion of conventions before 1.28', () => {
    const { input, output } = facts(
      { 'gen_ai.system': 'openai' },
      {
        events: [
          event('gen_ai.content.prompt', { 'gen_ai.prompt': '[{"role":"user","content":"Hi"}]' }),
          event('gen_ai.content.completion', {
            'gen_ai.completion': '[{"role":"assistant","content":"Hello"}]',
          }),
        ],
      },
    )
    expect(input).toEqual([textOf('user', 'Hi')])
    expect(output).toEqual([textOf('assistant', 'Hello')])
  })

  it('tells the time of the first token', () => {
    const events = [event('gen_ai.first_token', {}, 250)]
    expect(facts({ 'gen_ai.system': 'openai' }, { events }).firstTokenNs).toBe(250_000_000n)
  })
})

describe('other operations', () => {
  it('tells arguments and result of a tool', () => {
    const told = facts({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_weather',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.arguments': '{"location":"Paris"}',
      'gen_ai.tool.call.result': new Map([['sky', 'grey']]),
    })
    expect(told).toMatchObject({ operation: 'execute_tool', tool: 'get_weather', toolCallId: 'call_1' })
    expect(told).toMatchObject({ toolArguments: { location: 'Paris' }, toolResult: { sky: 'grey' } })
    expect(restOf(told)).toEqual({ 'gen_ai.tool.type': 'function' })
  })

  it('leaves the tokens of an agent to the calls inside it, unless the agent runs elsewhere', () => {
    const agent = {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': 'asst_1',
      'gen_ai.agent.name': 'Math Tutor',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.cost': 0.5,
    }
    const inside = facts(agent)
    expect(inside).toMatchObject({ agent: 'Math Tutor', tokens: { input: null }, costNanoUsd: null })
    expect(restOf(inside)).toEqual({
      'gen_ai.agent.id': 'asst_1',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.cost': 0.5,
    })
    expect(facts(agent, { kind: 3 })).toMatchObject({ tokens: { input: 10 }, costNanoUsd: 500_000_000n })
  })

  it('names agent and tool after the span when nothing else does', () => {
    const tool = facts({ 'gen_ai.operation.name': 'execute_tool' }, { name: 'execute_tool search' })
    const agent = facts({ 'gen_ai.operation.name': 'invoke_agent' }, { name: 'invoke_agent Tutor' })
    expect([tool.tool, agent.agent]).toEqual(['search', 'Tutor'])
  })

  it('tells embeddings, retrieval, memory and MCP', () => {
    const embeddings = facts({ 'gen_ai.operation.name': 'embeddings', 'gen_ai.usage.input_tokens': 8 })
    expect(embeddings).toMatchObject({ operation: 'embeddings', tokens: { input: 8, output: null } })
    const retrieval = facts({ 'gen_ai.operation.name': 'retrieval', 'gen_ai.retrieval.query.text': 'Paris' })
    expect(retrieval).toMatchObject({ operation: 'retrieval', input: [textOf('user', 'Paris')] })
    const memory = facts({ 'gen_ai.operation.name': 'search_memory' })
    expect(memory.operation).toBe('memory')
    expect(restOf(memory)).toEqual({ 'gen_ai.operation.name': 'search_memory' })
    expect(facts({ 'mcp.method.name': 'tools/list' }).operation).toBe('mcp')
    expect(facts({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'f' })).toMatchObject({
      convention: 'gen_ai',
      operation: 'execute_tool',
      tool: 'f',
    })
  })

  it('tells the type of an error, from the exception when there is no other', () => {
    const status = { code: 2, message: 'no' } as const
    const events = [event('exception', { 'exception.type': 'RateLimitError' })]
    expect(facts({ 'error.type': '429' }, { status, events }).errorType).toBe('429')
    expect(facts({}, { status, events }).errorType).toBe('RateLimitError')
    expect(facts({}, { status }).errorType).toBe('_OTHER')
    expect(facts({}, { events }).errorType).toBeNull()
  })
})
