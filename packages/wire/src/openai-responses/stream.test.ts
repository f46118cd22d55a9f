import { describe, expect, test } from 'vitest'
import {
  decodeFixture,
  decodeText,
  errorOf,
  finishOf,
  partsOf,
  reasoningOf,
  textOf,
} from '../../testing/streams.ts'
import { openaiResponses } from './index.ts'

const dialect = 'openai-responses'

describe('a stream of responses', () => {
  test('gives text, its citations once, and usage taken apart', () => {
    const parts = decodeFixture(dialect, 'text')
    expect(parts[0]).toMatchObject({ type: 'response-start', model: 'gpt-5-2025-08-07' })
    expect(textOf(parts)).toBe('Hello — wörld 🌍')
    expect(partsOf(parts, 'source')).toMatchObject([{ url: 'https://example.com/a', title: 'A' }])
    expect(finishOf(parts)).toMatchObject({
      reason: { unified: 'stop', raw: 'completed' },
      usage: { input: { uncached: 21, cacheRead: 16 }, output: { text: 19, reasoning: 192 } },
    })
  })

  test('keeps reasoning items whole for the next turn', () => {
    const parts = decodeFixture(dialect, 'reasoning-tools')
    expect(reasoningOf(parts)).toBe('**Checking** the weather\n\nTwo calls')
    expect(partsOf(parts, 'reasoning-end')[0]?.providerData).toEqual({
      dialect,
      data: {
        id: 'rs_6876cf02',
        type: 'reasoning',
        encrypted_content: 'gAAAAABoISQ24OyVRYbkYfukdJoqdzWT',
        summary: [
          { type: 'summary_text', text: '**Checking** the weather' },
          { type: 'summary_text', text: 'Two calls' },
        ],
      },
    })
  })

  test('gives calls, also when their arguments come only when done', () => {
    const parts = decodeFixture(dialect, 'reasoning-tools')
    expect(partsOf(parts, 'tool-call')).toMatchObject([
      { id: 'call_1', name: 'get_weather', args: { location: 'Paris' } },
      { id: 'call_2', name: 'get_time', rawArgs: '{"zone":"CET"}' },
    ])
    expect(partsOf(parts, 'tool-input-delta').filter((part) => part.id === 'call_2')).toHaveLength(1)
    expect(finishOf(parts).reason.unified).toBe('tool-calls')
  })

  test('keeps items of its own tools, gives images, and says why it is incomplete', () => {
    const parts = decodeFixture(dialect, 'items')
    expect(partsOf(parts, 'provider-item')).toMatchObject([
      { providerData: { data: { type: 'web_search_call' } } },
    ])
    expect(partsOf(parts, 'file')).toMatchObject([{ mimeType: 'image/webp', data: 'iVBORw0KGgo=' }])
    expect(finishOf(parts).reason).toEqual({ unified: 'length', raw: 'max_output_tokens' })
  })

  test('gives a refusal as text that ends in a refusal', () => {
    const parts = decodeFixture(dialect, 'refusal')
    expect(textOf(parts)).toBe("I can't help.")
    expect(finishOf(parts).reason).toEqual({ unified: 'refusal', raw: 'completed' })
  })

  test('ends with the failure of the response, or with an error event', () => {
    expect(errorOf(decodeFixture(dialect, 'failed')).error).toMatchObject({
      type: 'server-error',
      message: 'The model failed to generate a response.',
    })
    expect(errorOf(decodeFixture(dialect, 'error-event')).error).toMatchObject({
      type: 'rate-limit',
      retryable: true,
    })
  })

  test('reads a server that sends nothing but the completed response', () => {
    const response = {
      id: 'r',
      model: 'm',
      status: 'completed',
      output: [
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'why' }] },
        { type: 'message', content: [{ type: 'output_text', text: 'Hi' }], phase: 'final_answer' },
      ],
    }
    const parts = decodeText(dialect, `data: ${JSON.stringify({ type: 'response.completed', response })}\n\n`)
    expect([reasoningOf(parts), textOf(parts)]).toEqual(['why', 'Hi'])
    expect(partsOf(parts, 'text-end')[0]?.providerData?.data).toEqual({ phase: 'final_answer' })
    expect(finishOf(parts).usage.missing).toBe(true)
    expect(openaiResponses.decodeReply(JSON.stringify(response))).toEqual(parts)
  })
})

test('a whole reply that failed is an error', () => {
  const body = { id: 'r', status: 'failed', error: { code: 'rate_limit_exceeded', message: 'x' }, output: [] }
  expect(errorOf(openaiResponses.decodeReply(JSON.stringify(body))).error.type).toBe('rate-limit')
})
