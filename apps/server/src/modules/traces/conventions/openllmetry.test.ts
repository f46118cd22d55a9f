import { describe, expect, it } from 'vitest'
import { facts, restOf, textOf } from './testing.ts'

// Spans as opentelemetry-instrumentation-anthropic of Traceloop writes them:
// https://github.com/traceloop/openllmetry/tree/main/packages/opentelemetry-instrumentation-anthropic/tests
const CHAT = {
  'llm.request.type': 'chat',
  'gen_ai.system': 'Anthropic',
  'gen_ai.request.model': 'claude-sonnet-4',
  'gen_ai.response.model': 'claude-sonnet-4-20250514',
  'gen_ai.prompt.0.role': 'user',
  'gen_ai.prompt.0.content': '[{"type":"text","text":"Weather?"}]',
  'gen_ai.prompt.1.role': 'tool',
  'gen_ai.prompt.1.tool_call_id': 'toolu_0',
  'gen_ai.prompt.1.content': 'Sunny',
  'gen_ai.completion.0.role': 'assistant',
  'gen_ai.completion.0.content': 'Let me see.',
  'gen_ai.completion.0.finish_reason': 'tool_use',
  'gen_ai.completion.0.tool_calls.0.id': 'toolu_1',
  'gen_ai.completion.0.tool_calls.0.name': 'get_time',
  'gen_ai.completion.0.tool_calls.0.arguments': '{"zone":"CET"}',
  'gen_ai.usage.prompt_tokens': 1163,
  'gen_ai.usage.cache_read_input_tokens': 1000,
  'gen_ai.usage.cache_creation_input_tokens': 100,
  'gen_ai.usage.completion_tokens': 187,
  'llm.usage.total_tokens': 1350,
  'llm.is_streaming': false,
  'traceloop.workflow.name': 'weather',
  'traceloop.association.properties.session_id': 's1',
  'traceloop.association.properties.user_id': 'u1',
}

describe('a call of a model', () => {
  it('tells what is known of it', () => {
    expect(facts(CHAT)).toMatchObject({
      convention: 'openllmetry',
      operation: 'chat',
      provider: 'anthropic',
      model: 'claude-sonnet-4-20250514',
      session: 's1',
      user: 'u1',
      tokens: { input: 63, cacheRead: 1000, cacheWrite: 100, output: 187, reasoning: null },
    })
  })

  it('gathers messages from their attributes', () => {
    const { input, output } = facts(CHAT)
    expect(input).toEqual([
      textOf('user', 'Weather?'),
      {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: 'toolu_0', response: 'Sunny' }],
        finishReason: null,
      },
    ])
    expect(output).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'Let me see.' },
          { type: 'tool_call', id: 'toolu_1', name: 'get_time', arguments: { zone: 'CET' } },
        ],
        finishReason: 'tool_use',
      },
    ])
  })

  it('keeps what no fact has taken, and a total that is no sum', () => {
    const rest = {
      'gen_ai.system': 'Anthropic',
      'llm.is_streaming': false,
      'traceloop.workflow.name': 'weather',
    }
    expect(restOf(facts(CHAT))).toEqual(rest)
    expect(restOf(facts({ ...CHAT, 'llm.usage.total_tokens': 9 }))).toEqual({
      ...rest,
      'llm.usage.total_tokens': 9,
    })
  })

  it('keeps spread messages where the whole conversation is told too', () => {
    const told = facts({
      'gen_ai.input.messages': '[{"role":"user","content":"A"}]',
      'gen_ai.prompt.0.content': 'B',
    })
    expect(told.input).toEqual([textOf('user', 'A')])
    expect(restOf(told)).toEqual({ 'gen_ai.prompt.0.content': 'B' })
  })

  it('takes no framework for a provider', () => {
    expect(facts({ ...CHAT, 'gen_ai.system': 'Langchain' }).provider).toBeNull()
  })
})

describe('workflows, tasks, agents and tools', () => {
  it.each([
    ['workflow', 'invoke_workflow'],
    ['task', 'invoke_workflow'],
  ])('takes a %s for %s', (kind, operation) => {
    const told = facts({
      'traceloop.span.kind': kind,
      'traceloop.entity.name': 'plan',
      'traceloop.entity.input': '{"a":1}',
    })
    expect(told).toMatchObject({ operation, agent: null, tool: null, input: [textOf('user', '{"a":1}')] })
    expect(restOf(told)).toHaveProperty(['traceloop.entity.name'], 'plan')
  })

  it('names agents and tools after their entity', () => {
    expect(facts({ 'traceloop.span.kind': 'agent', 'traceloop.entity.name': 'helper' }).agent).toBe('helper')
    const tool = {
      'traceloop.span.kind': 'tool',
      'traceloop.entity.name': 'search',
      'traceloop.entity.input': '{"args":[1]}',
      'traceloop.entity.output': '"found"',
    }
    expect(facts(tool)).toMatchObject({ tool: 'search', toolArguments: { args: [1] }, toolResult: '"found"' })
  })
})
