import type { AttributeValue, StatusCode } from '@atrium/wire/otlp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factsOf } from './index.ts'
import { event, facts, originOf, restOf, spanOf, textOf, type Given } from './testing.ts'

const KNOWN = [
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.cache_read.input_tokens',
  'gen_ai.usage.cost',
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'gen_ai.response.finish_reasons',
  'gen_ai.response.time_to_first_chunk',
  'gen_ai.tool.call.arguments',
  'gen_ai.prompt.0.content',
  'gen_ai.completion.0.tool_calls.0.arguments',
  'openinference.span.kind',
  'llm.token_count.prompt',
  'llm.cost.total',
  'llm.input_messages.0.message.content',
  'llm.input_messages.0.message.contents.1.message_content.type',
  'input.value',
  'output.value',
  'tool.parameters',
  'traceloop.span.kind',
  'traceloop.entity.input',
  'ai.operationId',
  'ai.prompt',
  'ai.prompt.messages',
  'ai.response.toolCalls',
  'ai.response.msToFirstChunk',
  'ai.values',
  'langfuse.observation.type',
  'langfuse.observation.usage_details',
  'langfuse.observation.cost_details',
  'langfuse.observation.input',
  'langfuse.observation.completion_start_time',
  'session.id',
  'user.id',
  'error.type',
  'mcp.method.name',
]
const WORDS = [
  'chat',
  'execute_tool',
  'LLM',
  'TOOL',
  'tool',
  'agent',
  'generation',
  'ai.toolCall',
  'ai.streamText',
]

/** Text that follows the shapes of messages or JSON, or breaks them. */
const text = fc.oneof(
  fc.string(),
  fc.constantFrom(...WORDS),
  fc.json(),
  fc.json().map((json) => json.slice(0, -1)),
  fc
    .array(
      fc.record({
        role: fc.jsonValue(),
        content: fc.jsonValue(),
        parts: fc.jsonValue(),
        tool_calls: fc.jsonValue(),
      }),
    )
    .map((messages) => JSON.stringify(messages)),
)
const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('role', 'content', '__proto__')), tie('value')), {
        maxLength: 4,
      })
      .map((entries) => new Map(entries)),
  ),
}))
const unknownName = fc.oneof(
  fc.string().map((name) => `x.${name}`),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'gen_ai.unheard_of',
    'llm.input_messages.x.message.role',
  ),
)
const attributes = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...KNOWN), unknownName), value), { maxLength: 40 })
  .map((entries) => new Map(entries))

describe('whatever strangers send', () => {
  it('never throws, and what it makes can be written as JSON', () => {
    fc.assert(
      fc.property(attributes, attributes, fc.constantFrom<StatusCode>(0, 2), (own, other, code) => {
        const names = [
          'exception',
          'gen_ai.choice',
          'gen_ai.user.message',
          'gen_ai.tool.message',
          'gen_ai.content.prompt',
        ]
        const events = names.map((name) => ({ name, timeNs: 0n, attributes: other }))
        const span = { ...spanOf({}), attributes: own, events, status: { code, message: '' } }
        const { input, output, toolArguments, toolResult, tokens } = factsOf(span, {
          ...originOf(),
          resource: other,
        })
        JSON.stringify([input, output, toolArguments, toolResult])
        for (const count of Object.values(tokens))
          expect(count === null || (Number.isSafeInteger(count) && count >= 0)).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('loses no attribute that it does not know', () => {
    fc.assert(
      fc.property(attributes, (own) => {
        const { rest } = factsOf({ ...spanOf({}), attributes: own }, originOf())
        for (const [name, held] of own) if (!KNOWN.includes(name)) expect(rest.get(name)).toBe(held)
        for (const name of rest.keys()) expect(own.has(name)).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it.each<[string, Given]>([
    [
      'counts',
      { 'gen_ai.usage.input_tokens': -1, 'gen_ai.usage.output_tokens': 1.5, 'llm.token_count.prompt': 1e13 },
    ],
    ['more counts', { 'gen_ai.usage.input_tokens': Number.NaN, 'gen_ai.usage.output_tokens': 2n ** 60n }],
    ['costs', { 'gen_ai.usage.cost': -1, 'llm.cost.total': 1e300 }],
    [
      'times',
      { 'gen_ai.response.time_to_first_chunk': -1, 'ai.response.msToFirstChunk': Number.POSITIVE_INFINITY },
    ],
    [
      'names',
      { 'gen_ai.request.model': '', 'gen_ai.provider.name': true, 'session.id': null, 'user.id': ['u'] },
    ],
    ['operations', { 'gen_ai.operation.name': 'dance', 'openinference.span.kind': 7 }],
  ])('keeps absurd %s as they were sent', (_, given) => {
    expect(restOf(facts(given))).toEqual(given)
  })

  it('keeps JSON that breaks off as text', () => {
    const cut = '[{"role":"user","parts":[{"type":"text","con'
    expect(facts({ 'gen_ai.input.messages': cut }).input).toEqual([textOf('user', cut)])
  })

  it('does not follow what is nested without end', () => {
    const json = '['.repeat(100_000) + ']'.repeat(100_000)
    let list: AttributeValue = []
    for (let depth = 0; depth < 10_000; depth += 1) list = [list]
    const given = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.call.arguments': json,
      'gen_ai.tool.call.result': list,
    }
    const told = facts(given)
    expect(told.toolArguments).toBe(json)
    expect(told.toolResult).toBeNull()
    expect(told.rest.get('gen_ai.tool.call.result')).toBe(list)
  })

  it('pollutes no prototype', () => {
    const given = new Map<string, AttributeValue>([
      ['__proto__', 'x'],
      ['gen_ai.input.messages', '[{"role":"user","__proto__":{"content":"evil"}}]'],
      ['gen_ai.prompt.__proto__.role', 'user'],
    ])
    const told = factsOf({ ...spanOf({}), attributes: given }, originOf())
    expect(told.input).toEqual([{ role: 'user', parts: [], finishReason: null }])
    expect([...told.rest.keys()]).toEqual(['__proto__', 'gen_ai.prompt.__proto__.role'])
    expect(Object.prototype).not.toHaveProperty('content')
  })

  it('reads ten thousand attributes in a moment, in whichever order', () => {
    const names = Array.from(
      { length: 10_000 },
      (_, at) => `llm.input_messages.${9_999 - at}.message.content`,
    )
    const started = performance.now()
    expect(facts(Object.fromEntries(names.map((name) => [name, 'x']))).input).toHaveLength(10_000)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('a span that is about nothing of this', () => {
  const plain = { 'http.request.method': 'GET', 'http.route': '/a', 'server.port': 443 }

  it('has no convention and keeps all its attributes', () => {
    const told = facts(plain, { events: [event('log', { message: 'x' })] })
    expect(told).toMatchObject({ convention: null, operation: null, model: null, input: [], output: [] })
    expect(restOf(told)).toEqual(plain)
  })

  it('is placed by its resource', () => {
    const resource = {
      'service.name': 'api',
      'service.version': '1.2',
      'service.namespace': 'payments',
      'deployment.environment': 'prod',
      'openinference.project.name': 'shop',
      'user.id': 'u1',
    }
    expect(facts(plain, {}, resource)).toMatchObject({
      service: 'api',
      version: '1.2',
      team: 'payments',
      project: 'shop',
      environment: 'prod',
      user: 'u1',
    })
  })

  it('is placed by its own attributes before its resource', () => {
    const own = {
      'atrium.team': 'a',
      'atrium.project': 'p',
      'deployment.environment.name': 'test',
      'enduser.id': 7,
    }
    const resource = { 'atrium.team': 'b', 'service.name': 'unknown_service:node', 'user.id': 'u1' }
    const told = facts(own, {}, resource)
    expect(told).toMatchObject({ team: 'a', project: 'p', environment: 'test', user: '7', service: null })
    expect(told.rest.size).toBe(0)
  })
})

describe('costs', () => {
  it.each<[AttributeValue, bigint]>([
    [0.1, 100_000_000n],
    [1.005, 1_005_000_000n],
    [1e-7, 100n],
    ['0.0000000015', 2n],
    ['12.50', 12_500_000_000n],
    [3n, 3_000_000_000n],
    [0, 0n],
  ])('takes %s dollars exactly', (cost, nano) => {
    expect(facts({ 'gen_ai.usage.cost': cost }).costNanoUsd).toBe(nano)
  })
})

describe('providers', () => {
  it.each([
    ['OpenAI', 'openai'],
    ['az.ai.openai', 'azure.ai.openai'],
    ['azure-openai.chat', 'azure.ai.openai'],
    ['google.vertex.chat', 'gcp.vertex_ai'],
    ['google.generative-ai', 'gcp.gemini'],
    ['Google', 'gcp.gen_ai'],
    ['AWS', 'aws.bedrock'],
    ['anthropic.messages', 'anthropic'],
    ['mistralai', 'mistral_ai'],
    ['Our Own', 'our own'],
  ])('knows %s as %s', (sent, provider) => {
    expect(facts({ 'gen_ai.provider.name': sent }).provider).toBe(provider)
  })
})
