import { describe, expect, test } from 'vitest'
import { replyContext } from '../../testing/said.ts'
import { responsesEvents, responsesItems } from '../../testing/responses-events.ts'
import { decodeText, errorOf, finishOf } from '../../testing/streams.ts'
import type { JsonObject, StreamPart } from '../index.ts'
import { usageOf } from '../spec/usage.ts'
import { openaiResponsesInbound as inbound } from './inbound.ts'

const dialect = 'openai-responses'
const usage = usageOf(
  { uncached: 21, cacheRead: 16, cacheWrite5m: 2, cacheWrite1h: 1, text: 5, reasoning: 3 },
  null,
)
const start: StreamPart = { type: 'response-start', id: 'resp_1', model: 'upstream' }
const stop: StreamPart = { type: 'finish', reason: { unified: 'stop', raw: 'end_turn' }, usage }

function stream(parts: StreamPart[], wishes = {}): string {
  const encoder = inbound.createStreamEncoder(replyContext(wishes))
  return parts.map((part) => encoder.push(part)).join('')
}

describe('a stream', () => {
  test('has the documented events of a text, in order and numbered', () => {
    const text = stream([
      start,
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'Hello\n' },
      { type: 'text-delta', id: 't', delta: '' },
      { type: 'text-delta', id: 't', delta: 'wörld' },
      { type: 'text-end', id: 't' },
      { type: 'source', id: 's', url: 'https://example.com/a', title: 'A' },
      stop,
    ])
    const events = responsesEvents(text)
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.annotation.added',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, index) => index))
    const id = (events[2]?.['item'] as JsonObject | undefined)?.['id']
    expect(id).toMatch(/^msg_/u)
    const at = { item_id: id, output_index: 0, content_index: 0 }
    const annotations = [
      { type: 'url_citation', start_index: 0, end_index: 11, url: 'https://example.com/a', title: 'A' },
    ]
    const part = { type: 'output_text', text: 'Hello\nwörld', annotations, logprobs: [] }
    expect(events[2]).toMatchObject({
      output_index: 0,
      item: { id, type: 'message', status: 'in_progress', role: 'assistant', content: [] },
    })
    expect(events[3]).toMatchObject({
      ...at,
      part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
    })
    expect(events[4]).toEqual({
      type: 'response.output_text.delta',
      ...at,
      logprobs: [],
      delta: 'Hello\n',
      sequence_number: 4,
    })
    expect(events[6]).toMatchObject({ ...at, annotation_index: 0, annotation: annotations[0] })
    expect(events[7]).toMatchObject({ ...at, text: 'Hello\nwörld', logprobs: [] })
    expect(events[8]).toMatchObject({ ...at, part })
    const item = { id, type: 'message', status: 'completed', role: 'assistant', content: [part] }
    expect(events[9]).toMatchObject({ output_index: 0, item })
    expect(events[10]?.['response']).toMatchObject({ id: 'resp_1', status: 'completed', output: [item] })
  })

  test('has the documented events of reasoning and of a call', () => {
    const events = responsesEvents(
      stream([
        start,
        { type: 'reasoning-start', id: 'r' },
        { type: 'reasoning-delta', id: 'r', delta: 'Why' },
        { type: 'reasoning-end', id: 'r' },
        { type: 'tool-input-start', id: 'call_1', name: 'f' },
        { type: 'tool-input-delta', id: 'call_1', delta: '{"a":1}' },
        { type: 'tool-input-end', id: 'call_1' },
        { type: 'tool-call', id: 'call_1', name: 'f', args: { a: 1 }, rawArgs: '{"a":1}' },
        { type: 'finish', reason: { unified: 'tool-calls', raw: 'tool_use' }, usage },
      ]),
    )
    expect(events.slice(2).map(({ type }) => type)).toEqual([
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
    const summary = { type: 'summary_text', text: 'Why' }
    expect(events[4]).toMatchObject({ output_index: 0, summary_index: 0, delta: 'Why' })
    expect(events[6]).toMatchObject({ output_index: 0, summary_index: 0, part: summary })
    expect(events[7]?.['item']).toMatchObject({ type: 'reasoning', summary: [summary] })
    const call = { type: 'function_call', call_id: 'call_1', name: 'f' }
    expect(events[8]).toMatchObject({
      output_index: 1,
      item: { ...call, status: 'in_progress', arguments: '' },
    })
    expect(events[10]).toMatchObject({ output_index: 1, name: 'f', arguments: '{"a":1}' })
    expect(events[11]?.['item']).toMatchObject({ ...call, status: 'completed', arguments: '{"a":1}' })
  })

  test('has neighbouring texts in one message, and sources that came before any text in the first', () => {
    const source = { type: 'source' as const, id: 's', url: 'https://example.com/a' }
    const state = { dialect: 'anthropic-messages' as const, data: { citations: [] } }
    const events = responsesEvents(
      stream([
        start,
        source,
        { type: 'text-start', id: 'a' },
        { type: 'text-delta', id: 'a', delta: 'x' },
        { type: 'text-end', id: 'a' },
        { type: 'text-start', id: 'b' },
        { type: 'text-delta', id: 'b', delta: 'y' },
        { type: 'text-end', id: 'b', providerData: state },
        source,
        stop,
      ]),
    )
    const cited = (end: number) => [{ start_index: 0, end_index: end, url: source.url, title: source.url }]
    const content = [
      { text: 'x', annotations: cited(0) },
      { text: 'y', annotations: cited(1) },
    ]
    expect(events.at(-1)?.['response']).toMatchObject({
      output: [{ type: 'message', content }, { type: 'reasoning' }],
    })
    const done = events.filter(({ type }) => type === 'response.content_part.done')
    expect(done).toMatchObject(content.map((part, index) => ({ content_index: index, part })))
  })

  test('writes arguments that came whole as one piece, and blocks that interleave as items of their own', () => {
    const events = responsesEvents(
      stream([
        start,
        { type: 'text-start', id: 't' },
        { type: 'tool-input-start', id: 'a', name: 'f' },
        { type: 'tool-input-start', id: 'b', name: 'g' },
        { type: 'text-delta', id: 't', delta: 'x' },
        { type: 'tool-input-end', id: 'b' },
        { type: 'tool-call', id: 'b', name: 'g', args: {}, rawArgs: '{}' },
        { type: 'tool-input-end', id: 'a' },
        { type: 'tool-call', id: 'a', name: 'f', args: {}, rawArgs: '{}' },
        { type: 'text-end', id: 't' },
        stop,
      ]),
    )
    const deltas = events.filter(({ type }) => type === 'response.function_call_arguments.delta')
    expect(deltas).toMatchObject([
      { output_index: 2, delta: '{}' },
      { output_index: 1, delta: '{}' },
    ])
    expect(events.at(-1)?.['response']).toMatchObject({
      output: [
        { type: 'message', content: [{ text: 'x' }] },
        { call_id: 'a', arguments: '{}' },
        { call_id: 'b' },
      ],
    })
  })

  test('gives every member of a response, the usage in its words, and the settings of the request', () => {
    const echo = { temperature: 0.5, metadata: { a: 'b' }, tool_choice: 'required' }
    const events = responsesEvents(stream([start, stop], { echo }))
    const completed = events.at(-1)?.['response'] as JsonObject
    expect(completed).toEqual({
      id: 'resp_1',
      object: 'response',
      created_at: 1_741_290_958,
      completed_at: null,
      status: 'completed',
      background: false,
      error: null,
      frequency_penalty: 0,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: { a: 'b' },
      model: 'team/model',
      output: [],
      parallel_tool_calls: true,
      presence_penalty: 0,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      service_tier: 'default',
      store: false,
      temperature: 0.5,
      text: { format: { type: 'text' } },
      tool_choice: 'required',
      tools: [],
      top_logprobs: 0,
      top_p: 1,
      truncation: 'disabled',
      usage: {
        input_tokens: 40,
        input_tokens_details: { cached_tokens: 16, cache_write_tokens: 3 },
        output_tokens: 8,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 48,
      },
    })
    expect(events[0]?.['response']).toEqual({ ...completed, status: 'in_progress', usage: null })
    expect(events[1]?.['response']).toEqual(events[0]?.['response'])
  })

  test('takes its id from the gateway when the provider gave none', () => {
    const [created] = responsesEvents(stream([{ type: 'text-start', id: 't' }]))
    expect(created?.['response']).toMatchObject({ id: 'own_1' })
  })

  test.each([
    ['length', 'max_tokens', 'incomplete', 'max_output_tokens'],
    ['context-window', 'model_context_window_exceeded', 'incomplete', 'max_output_tokens'],
    ['content-filter', 'SAFETY', 'incomplete', 'content_filter'],
    ['pause', 'pause_turn', 'incomplete', 'pause_turn'],
    ['other', '', 'incomplete', 'other'],
    ['stop', 'stop_sequence', 'completed', undefined],
    ['tool-calls', 'tool_use', 'completed', undefined],
  ] as const)('that ended by %s (%s) is %s', (unified, raw, status, reason) => {
    const text = stream([start, { type: 'finish', reason: { unified, raw }, usage }])
    const last = responsesEvents(text).at(-1)
    expect(last?.type).toBe(`response.${status}`)
    expect(last?.['response']).toMatchObject({
      status,
      incomplete_details: reason === undefined ? null : { reason },
    })
  })

  test('that was refused says so in its message, with and without words', () => {
    const refused: StreamPart = { type: 'finish', reason: { unified: 'refusal', raw: 'refusal' }, usage }
    const words: StreamPart[] = [
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'No.' },
      { type: 'text-end', id: 't' },
    ]
    for (const [parts, refusal] of [
      [words, 'No.'],
      [[], ''],
    ] as const) {
      const text = stream([start, ...parts, refused])
      expect(responsesEvents(text).at(-1)?.['response']).toMatchObject({
        status: 'completed',
        output: [{ type: 'message', content: [{ type: 'refusal', refusal }] }],
      })
      expect(finishOf(decodeText(dialect, text)).reason.unified).toBe('refusal')
    }
  })

  test('that broke fails the response with what is known, then makes libraries throw, and says no more', () => {
    const text = stream([
      start,
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'x' },
      {
        type: 'error',
        error: { type: 'rate-limit', message: 'Slow down.', retryable: true, raw: null },
        usage,
      },
      stop,
    ])
    const events = responsesEvents(text).slice(-2)
    const failure = { code: 'rate_limit_exceeded', message: 'Slow down.' }
    expect(events).toMatchObject([
      {
        type: 'response.failed',
        response: { status: 'failed', error: failure, usage: { total_tokens: 48 }, output: [] },
      },
      { type: 'error', ...failure, param: null, error: { type: 'rate_limit_error', ...failure } },
    ])
    expect(errorOf(decodeText(dialect, text))).toMatchObject({
      error: { type: 'rate-limit', message: 'Slow down.' },
      usage: { input: { uncached: 21 } },
    })
  })

  test('names a code for every failure', () => {
    const error = { type: 'server-error' as const, message: 'x', retryable: true, raw: null }
    expect(responsesEvents(stream([{ type: 'error', error }])).at(-1)).toMatchObject({ code: 'server_error' })
    const invalid = { ...error, type: 'invalid-request' as const }
    expect(responsesEvents(stream([{ type: 'error', error: invalid }])).at(-1)).toMatchObject({
      code: 'invalid_prompt',
    })
  })

  test('gives images as OpenAI’s own tool does, and leaves out other files', () => {
    const file = { type: 'file' as const, id: 'f', mimeType: 'image/webp', data: 'AAAA' }
    const items = responsesItems(stream([start, file, { ...file, mimeType: 'audio/wav' }, stop]))
    expect(items).toMatchObject([
      { type: 'image_generation_call', status: 'completed', output_format: 'webp', result: 'AAAA' },
    ])
  })

  test('gives OpenAI’s own items as they were', () => {
    const reasoning = { type: 'reasoning', id: 'rs_9', summary: [], encrypted_content: 'gAAA' }
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search' } }
    const items = responsesItems(
      stream([
        start,
        { type: 'reasoning-start', id: 'r' },
        { type: 'reasoning-end', id: 'r', providerData: { dialect, data: reasoning } },
        { type: 'provider-item', providerData: { dialect, data: search } },
        { type: 'text-start', id: 't' },
        { type: 'text-delta', id: 't', delta: 'x' },
        { type: 'text-end', id: 't', providerData: { dialect, data: { phase: 'commentary' } } },
        stop,
      ]),
    )
    expect(items).toMatchObject([reasoning, search, { type: 'message', phase: 'commentary' }])
    expect(items.slice(0, 2)).toEqual([reasoning, search])
  })
})
