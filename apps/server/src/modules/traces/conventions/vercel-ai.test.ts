import { describe, expect, it } from 'vitest'
import { event, facts, restOf, textOf } from './testing.ts'

// Spans as `LegacyOpenTelemetry` of @ai-sdk/otel 1.0 (AI SDK 7) and the telemetry of AI SDK 4 to 6 write them:
// https://ai-sdk.dev/docs/ai-sdk-core/telemetry
const BASE = {
  'ai.telemetry.functionId': 'support',
  'ai.telemetry.metadata.userId': 'u1',
  'ai.telemetry.metadata.sessionId': 's1',
  'ai.telemetry.metadata.plan': 'pro',
  'ai.model.id': 'gpt-4o',
  'ai.model.provider': 'openai.chat',
  'ai.settings.maxRetries': 2,
  'ai.response.text': 'Rain.',
  'ai.response.finishReason': 'stop',
  'ai.usage.inputTokens': 100,
  'ai.usage.outputTokens': 40,
  'ai.usage.totalTokens': 140,
  'ai.usage.reasoningTokens': 10,
  'ai.usage.cachedInputTokens': 64,
}
const OUTER = {
  ...BASE,
  'operation.name': 'ai.streamText support',
  'ai.operationId': 'ai.streamText',
  'ai.prompt': '{"system":"Be brief.","messages":[{"role":"user","content":"Weather?"}]}',
}
const INNER = {
  ...BASE,
  'operation.name': 'ai.streamText.doStream support',
  'ai.operationId': 'ai.streamText.doStream',
  'ai.prompt.messages': JSON.stringify([
    { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
    {
      role: 'assistant',
      content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'sky', input: { at: 'Paris' } }],
    },
    {
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          toolCallId: 'c1',
          toolName: 'sky',
          output: { type: 'json', value: { sky: 'grey' } },
        },
      ],
    },
  ]),
  'ai.response.model': 'gpt-4o-2024-08-06',
  'ai.response.msToFirstChunk': 312.5,
  'ai.response.reasoning': 'Hm.',
  'ai.response.toolCalls': '[{"toolCallId":"c2","toolName":"sky","input":{"at":"Rome"}}]',
  'gen_ai.system': 'openai.chat',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 100,
  'gen_ai.usage.output_tokens': 40,
}

describe('the call of the model', () => {
  it('tells what is known of it', () => {
    expect(facts(INNER)).toMatchObject({
      convention: 'vercel_ai',
      operation: 'chat',
      provider: 'openai',
      model: 'gpt-4o-2024-08-06',
      requestModel: 'gpt-4o',
      agent: 'support',
      session: 's1',
      user: 'u1',
      firstTokenNs: 312_500_000n,
      tokens: { input: 36, cacheRead: 64, cacheWrite: null, output: 30, reasoning: 10 },
    })
  })

  it('gives its messages', () => {
    const { input, output } = facts(INNER)
    expect(input.map(({ role, parts }) => [role, parts])).toEqual([
      ['user', [{ type: 'text', content: 'Weather?' }]],
      ['assistant', [{ type: 'tool_call', id: 'c1', name: 'sky', arguments: { at: 'Paris' } }]],
      ['tool', [{ type: 'tool_call_response', id: 'c1', response: { sky: 'grey' } }]],
    ])
    expect(output).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm.' },
          { type: 'text', content: 'Rain.' },
          { type: 'tool_call', id: 'c2', name: 'sky', arguments: { at: 'Rome' } },
        ],
        finishReason: 'stop',
      },
    ])
  })

  it('keeps neither tokens nor messages twice', () => {
    expect(Object.keys(restOf(facts(INNER))).toSorted()).toEqual([
      'ai.model.provider',
      'ai.operationId',
      'ai.response.finishReason',
      'ai.settings.maxRetries',
      'ai.telemetry.metadata.plan',
      'gen_ai.system',
      'operation.name',
    ])
  })

  it('reads the names of AI SDK 4', () => {
    const old = {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.usage.promptTokens': 10,
      'ai.usage.completionTokens': 5,
    }
    expect(facts(old)).toMatchObject({ operation: 'chat', tokens: { input: 10, output: 5 } })
    const events = [event('ai.stream.firstChunk', { 'ai.response.msToFirstChunk': 20 }, 25)]
    expect(facts({ 'ai.operationId': 'ai.streamText.doStream' }, { events }).firstTokenNs).toBe(20_000_000n)
  })
})

describe('the span around it', () => {
  it('is an agent without tokens', () => {
    const told = facts(OUTER)
    expect(told).toMatchObject({ operation: 'invoke_agent', agent: 'support', model: 'gpt-4o' })
    expect(Object.values(told.tokens)).toEqual([null, null, null, null, null])
    expect(told.rest.get('ai.usage.inputTokens')).toBe(100)
  })

  it('gives the prompt as messages', () => {
    expect(facts(OUTER).input).toEqual([textOf('system', 'Be brief.'), textOf('user', 'Weather?')])
    expect(facts({ ...OUTER, 'ai.prompt': '{"prompt":"Hi"}' }).input).toEqual([textOf('user', 'Hi')])
  })
})

describe('objects, tools and embeddings', () => {
  it('gives an object as the text it was', () => {
    const object = { 'ai.operationId': 'ai.generateObject.doGenerate', 'ai.response.object': '{"a":1}' }
    expect(facts(object).output).toEqual([textOf('assistant', '{"a":1}')])
  })

  it('tells arguments and result of a tool', () => {
    const tool = {
      'ai.operationId': 'ai.toolCall',
      'ai.toolCall.name': 'sky',
      'ai.toolCall.id': 'c1',
      'ai.toolCall.args': '{"at":"Paris"}',
      'ai.toolCall.result': '{"sky":"grey"}',
    }
    expect(facts(tool)).toMatchObject({
      operation: 'execute_tool',
      tool: 'sky',
      toolCallId: 'c1',
      toolArguments: { at: 'Paris' },
      toolResult: { sky: 'grey' },
    })
  })

  it('counts the tokens of embeddings once', () => {
    const usage = { 'ai.usage.tokens': 8 }
    const inner = facts({ 'ai.operationId': 'ai.embed.doEmbed', 'ai.values': ['"sunny"'], ...usage })
    expect(inner).toMatchObject({
      operation: 'embeddings',
      tokens: { input: 8 },
      input: [textOf('user', 'sunny')],
    })
    expect(facts({ 'ai.operationId': 'ai.embed', 'ai.value': '"sunny"', ...usage }).tokens.input).toBeNull()
  })
})
