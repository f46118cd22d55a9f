import { describe, expect, test } from 'vitest'
import { context } from '../../testing/chat-replies.ts'
import { writeStream } from '../../testing/reply-streams.ts'
import { decodeText, errorOf } from '../../testing/streams.ts'
import type { ModelErrorType } from '../index.ts'
import { openaiChat } from './index.ts'
import { openaiChatInbound } from './inbound.ts'

describe('errors', () => {
  test.each([
    ['invalid-request', 400, 'invalid_request_error', null],
    ['context-length', 400, 'invalid_request_error', 'context_length_exceeded'],
    ['authentication', 401, 'authentication_error', 'invalid_api_key'],
    ['permission', 403, 'invalid_request_error', 'insufficient_permissions'],
    ['not-found', 404, 'invalid_request_error', 'model_not_found'],
    ['rate-limit', 429, 'rate_limit_error', 'rate_limit_exceeded'],
    ['quota-exhausted', 429, 'insufficient_quota', 'insufficient_quota'],
    ['overloaded', 503, 'server_error', 'server_overloaded'],
    ['server-error', 500, 'server_error', null],
  ] as const)('%s is spelled %i %s %s, and read again as what it was', (type, status, word, code) => {
    const encoded = openaiChatInbound.encodeError({ type, message: 'm' })
    expect(encoded).toMatchObject({
      status,
      body: { error: { message: 'm', type: word, param: null, code } },
    })
    expect(openaiChat.decodeError(status, {}, JSON.stringify(encoded.body)).type).toBe(type)
  })

  test.each(['content-filter', 'request-too-large'] as ModelErrorType[])('%s is read again', (type) => {
    const { status, body } = openaiChatInbound.encodeError({ type, message: 'm' })
    expect(openaiChat.decodeError(status, {}, JSON.stringify(body)).type).toBe(type)
  })

  test('say the member at fault, and a status and a code that were chosen', () => {
    const error = {
      type: 'invalid-request',
      message: 'm',
      param: 'messages[0]',
      code: 'c',
      status: 422,
    } as const
    expect(openaiChatInbound.encodeError(error)).toEqual({
      status: 422,
      body: { error: { message: 'm', type: 'invalid_request_error', param: 'messages[0]', code: 'c' } },
      headers: {},
    })
  })

  test('say when to come back, unless that would not help', () => {
    const wait = { message: 'm', retryAfterMs: 1500 }
    expect(openaiChatInbound.encodeError({ ...wait, type: 'rate-limit' }).headers).toEqual({
      'retry-after': '2',
      'retry-after-ms': '1500',
    })
    expect(openaiChatInbound.encodeError({ ...wait, type: 'quota-exhausted' }).headers).toEqual({
      'x-should-retry': 'false',
    })
  })

  test('in a stream are read again as what they were', () => {
    const error = { type: 'rate-limit' as const, message: 'slow', retryable: true, raw: null }
    const parts = decodeText(
      'openai-chat',
      writeStream(openaiChatInbound, [{ type: 'error', error }], context),
    )
    expect(errorOf(parts).error).toMatchObject({ type: 'rate-limit', message: 'slow' })
  })
})
