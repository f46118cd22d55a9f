import { describe, expect, it } from 'vitest'
import { facts, restOf, textOf } from './testing.ts'

// Spans as the Langfuse SDKs for Python 3 and TypeScript 4 write them:
// https://langfuse.com/integrations/native/opentelemetry
const GENERATION = {
  'langfuse.observation.type': 'generation',
  'langfuse.observation.model.name': 'gpt-4o',
  'langfuse.observation.model.parameters': '{"temperature":0}',
  'langfuse.observation.input': '[{"role":"user","content":"Hi"}]',
  'langfuse.observation.output': '{"role":"assistant","content":"Hello"}',
  'langfuse.observation.usage_details':
    '{"input":20,"input_cached_tokens":80,"cache_creation_input_tokens":5,"output":30,"output_reasoning_tokens":12,"total":147}',
  'langfuse.observation.cost_details': '{"input":0.1,"output":0.2,"total":0.3}',
  'langfuse.observation.completion_start_time': '"2023-11-14T22:13:20.500Z"',
  'langfuse.trace.name': 'greeting',
  'langfuse.trace.tags': ['x'],
  'langfuse.environment': 'staging',
  'langfuse.release': 'v42',
  'session.id': 's1',
  'user.id': 'u1',
}

describe('a generation', () => {
  it('tells what is known of it', () => {
    expect(facts(GENERATION, {}, { 'service.version': '1.0' })).toMatchObject({
      convention: 'langfuse',
      operation: 'chat',
      model: 'gpt-4o',
      session: 's1',
      user: 'u1',
      environment: 'staging',
      version: 'v42',
      costNanoUsd: 300_000_000n,
      firstTokenNs: 500_000_000n,
      input: [textOf('user', 'Hi')],
      output: [textOf('assistant', 'Hello')],
    })
  })

  it('takes its counts as they are, for they do not overlap', () => {
    const tokens = { input: 20, cacheRead: 80, cacheWrite: 5, output: 30, reasoning: 12 }
    expect(facts(GENERATION).tokens).toEqual(tokens)
  })

  it.each([
    [
      'usage of OpenAI',
      {
        prompt_tokens: 100,
        completion_tokens: 30,
        total_tokens: 130,
        prompt_tokens_details: { cached_tokens: 80, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 12 },
      },
    ],
    [
      'details that are parts of the total',
      { input: 100, output: 30, total: 130, input_cached_tokens: 80, output_reasoning_tokens: 12 },
    ],
  ])('takes the parts out of %s', (_, usage) => {
    const told = facts({ ...GENERATION, 'langfuse.observation.usage_details': JSON.stringify(usage) })
    expect(told.tokens).toEqual({ input: 20, cacheRead: 80, cacheWrite: null, output: 18, reasoning: 12 })
  })

  it('adds up its cost when no total is told', () => {
    const costs = { 'langfuse.observation.cost_details': '{"input":0.1,"output":0.2}' }
    expect(facts({ ...GENERATION, ...costs }).costNanoUsd).toBe(300_000_000n)
  })

  it('keeps what tells more than the facts', () => {
    expect(Object.keys(restOf(facts(GENERATION))).toSorted()).toEqual([
      'langfuse.observation.cost_details',
      'langfuse.observation.model.parameters',
      'langfuse.observation.type',
      'langfuse.trace.name',
      'langfuse.trace.tags',
    ])
  })

  it.each(['', '{', '[1]', '{"input":-1,"output":0.5}', '"x"'])(
    'keeps usage that cannot be read: %s',
    (usage) => {
      const given = { 'langfuse.observation.type': 'generation', 'langfuse.observation.usage_details': usage }
      expect(facts(given).tokens.input).toBeNull()
      expect(restOf(facts(given))).toEqual(given)
    },
  )
})

describe('other observations', () => {
  it('tells tools, agents and plain spans', () => {
    const tool = { 'langfuse.observation.type': 'tool', 'langfuse.observation.input': '{"q":1}' }
    expect(facts(tool, { name: 'search' })).toMatchObject({
      tool: 'search',
      toolArguments: { q: 1 },
      input: [],
    })
    expect(facts({ 'langfuse.observation.type': 'agent' }, { name: 'helper' }).agent).toBe('helper')
    const span = facts({ 'langfuse.observation.type': 'span', 'langfuse.observation.input': '{"q":1}' })
    expect(span).toMatchObject({
      convention: 'langfuse',
      operation: null,
      input: [textOf('user', '{"q":1}')],
    })
  })

  it('tells an error of its level', () => {
    expect(facts({ 'langfuse.observation.level': 'ERROR' }).errorType).toBe('_OTHER')
    expect(facts({ 'langfuse.observation.level': 'WARNING' }).errorType).toBeNull()
  })

  it('does not claim spans of others for what it sets on a whole trace', () => {
    const span = { 'ai.operationId': 'ai.toolCall', 'langfuse.trace.name': 't', 'langfuse.session.id': 's' }
    expect(facts(span)).toMatchObject({ convention: 'vercel_ai', session: 's' })
  })
})
