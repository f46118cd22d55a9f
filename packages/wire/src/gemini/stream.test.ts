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
import { gemini } from './index.ts'

const dialect = 'gemini'

describe('a stream of generateContent', () => {
  test('gives text, and usage with cached input taken apart', () => {
    const parts = decodeFixture(dialect, 'text')
    expect(parts[0]).toEqual({ type: 'response-start', id: 'Il0taoSYJ5Cez7IPx', model: 'gemini-2.5-flash' })
    expect(textOf(parts)).toBe('Hello — wörld 🌍')
    expect(finishOf(parts)).toMatchObject({
      reason: { unified: 'stop', raw: 'STOP' },
      usage: { input: { uncached: 5, cacheRead: 3 }, output: { text: 6, reasoning: 0 } },
    })
  })

  test('says tool-calls for the STOP after calls, and counts thoughts beside the candidates', () => {
    const parts = decodeFixture(dialect, 'thinking-tools')
    expect(reasoningOf(parts)).toBe('**Plan**\ntwo calls')
    expect(finishOf(parts)).toMatchObject({
      reason: { unified: 'tool-calls', raw: 'STOP' },
      usage: { input: { uncached: 80 }, output: { text: 30, reasoning: 45 } },
    })
  })

  test('keeps the signature with its call, and makes up ids that stay the same', () => {
    const calls = partsOf(decodeFixture(dialect, 'thinking-tools'), 'tool-call')
    expect(calls).toMatchObject([
      {
        name: 'get_weather',
        args: { city: 'Paris' },
        providerData: { dialect, data: { thoughtSignature: 'CpMBAdHtim9signatureA' } },
      },
      { name: 'get_time', args: {} },
    ])
    expect(calls[0]?.id).not.toBe(calls[1]?.id)
    expect(partsOf(decodeFixture(dialect, 'thinking-tools'), 'tool-call')).toEqual(calls)
  })

  test('keeps a signature on its own part, though its text is empty', () => {
    const parts = decodeFixture(dialect, 'signature-on-text')
    expect(textOf(parts)).toBe('Answer done.')
    expect(partsOf(parts, 'text-end')).toEqual([
      { type: 'text-end', id: 'text-0' },
      {
        type: 'text-end',
        id: 'text-1',
        providerData: { dialect, data: { thoughtSignature: 'EjQKMgEMsignatureB' } },
      },
    ])
  })

  test('gives images with their signature, sources once, and code that it ran', () => {
    const parts = decodeFixture(dialect, 'image-and-sources')
    expect(partsOf(parts, 'file')).toMatchObject([
      { mimeType: 'image/png', data: 'iVBORw0KGgo=', providerData: { data: { thoughtSignature: 'imgsig' } } },
    ])
    expect(partsOf(parts, 'source')).toMatchObject([{ url: 'https://example.com/a', title: 'A' }])
    expect(partsOf(parts, 'provider-item')).toMatchObject([
      { providerData: { data: { executableCode: { code: 'print(1)' } } } },
      { providerData: { data: { codeExecutionResult: { output: '1\n' } } } },
    ])
  })

  test('says content-filter for a blocked prompt and for a stopped reply', () => {
    expect(finishOf(decodeFixture(dialect, 'blocked')).reason).toEqual({
      unified: 'content-filter',
      raw: 'PROHIBITED_CONTENT',
    })
    expect(finishOf(decodeFixture(dialect, 'safety')).reason.unified).toBe('content-filter')
  })

  test('ends with the error that came after 200, and says when it was cut', () => {
    expect(errorOf(decodeFixture(dialect, 'error-after-200')).error).toMatchObject({
      type: 'overloaded',
      status: 503,
      retryable: true,
    })
    const cut = decodeText(dialect, 'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n\n')
    expect(errorOf(cut).error.type).toBe('stream-truncated')
  })
})

test('a whole reply is a stream of one event', () => {
  const parts = gemini.decodeReply(
    JSON.stringify({
      candidates: [
        { content: { parts: [{ functionCall: { id: 'x1', name: 'f', args: {} } }] }, finishReason: 'STOP' },
      ],
    }),
  )
  expect(partsOf(parts, 'tool-call')).toMatchObject([{ id: 'x1', providerData: { data: { id: 'x1' } } }])
  expect(finishOf(parts)).toMatchObject({ reason: { unified: 'tool-calls' }, usage: { missing: true } })
})

const quotaError = (quotaId: string) =>
  JSON.stringify({
    error: {
      code: 429,
      message: 'You exceeded your current quota, please check your plan and billing details.',
      status: 'RESOURCE_EXHAUSTED',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId }] },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '10.689924287s' },
      ],
    },
  })

describe('errors', () => {
  test('the delay is read from the body', () => {
    expect(
      gemini.decodeError(429, {}, quotaError('GenerateRequestsPerMinutePerProjectPerModel-FreeTier')),
    ).toMatchObject({
      type: 'rate-limit',
      retryable: true,
      retryAfterMs: 10_690,
    })
  })

  test('a quota per day is used up, whatever delay it names', () => {
    const error = gemini.decodeError(429, {}, quotaError('GenerateRequestsPerDayPerProjectPerModel-FreeTier'))
    expect(error).toMatchObject({ type: 'quota-exhausted', retryable: false })
    expect(error.retryAfterMs).toBeUndefined()
  })

  test.each([
    [400, 'INVALID_ARGUMENT', 'bad', 'invalid-request'],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count (9) exceeds the maximum number of tokens allowed (8).',
      'context-length',
    ],
    [403, 'PERMISSION_DENIED', 'no', 'permission'],
    [404, 'NOT_FOUND', 'no', 'not-found'],
    [503, 'UNAVAILABLE', 'overloaded', 'overloaded'],
    [504, 'DEADLINE_EXCEEDED', 'late', 'timeout'],
  ])('reads %i %s "%s" as %s', (code, status, message, type) => {
    expect(gemini.decodeError(code, {}, JSON.stringify([{ error: { code, status, message } }])).type).toBe(
      type,
    )
  })

  test('a key that is invalid comes as 400', () => {
    const body = {
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: 'x',
        details: [{ reason: 'API_KEY_INVALID' }],
      },
    }
    expect(gemini.decodeError(400, {}, JSON.stringify(body)).type).toBe('authentication')
  })
})

test('the list of models leaves out what does not generate', () => {
  const list = gemini.decodeModelList(
    JSON.stringify({
      models: [
        {
          name: 'models/gemini-2.5-pro',
          displayName: 'Gemini 2.5 Pro',
          inputTokenLimit: 1048576,
          outputTokenLimit: 65536,
          supportedGenerationMethods: ['generateContent', 'countTokens'],
          thinking: true,
        },
        { name: 'models/aqa', supportedGenerationMethods: ['generateAnswer'] },
        { name: 'models/embedding', supportedGenerationMethods: ['embedContent'] },
      ],
      nextPageToken: 't/1',
    }),
  )
  expect(list).toEqual({
    ok: true,
    models: [
      {
        id: 'gemini-2.5-pro',
        displayName: 'Gemini 2.5 Pro',
        contextWindow: 1048576,
        maxOutput: 65536,
        capabilities: { thinking: true },
      },
      { id: 'embedding', capabilities: { embeddings: true } },
    ],
    nextPath: '/v1beta/models?pageSize=1000&pageToken=t%2F1',
  })
})
