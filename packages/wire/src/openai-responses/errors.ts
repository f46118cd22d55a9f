import { decodeErrorBody } from '../openai-chat/errors.ts'
import { modelError } from '../shared/errors.ts'
import { objectOf, stringOf } from '../shared/json.ts'
import type { ModelError } from '../spec/error.ts'
import type { JsonObject } from '../spec/json.ts'

/** Errors by status have the same form as in the chat API. */
export { decodeError } from '../openai-chat/errors.ts'

/**
 * The `error` event (`{ type, code, message }`, or with an `error` object within), or a response that failed.
 * https://platform.openai.com/docs/api-reference/responses-streaming/error
 */
export function decodeFailure(body: JsonObject): ModelError {
  const response = objectOf(body['response']) ?? body
  if (stringOf(response['status']) === 'cancelled') {
    return modelError('cancelled', 'the response was cancelled', body)
  }
  const error = objectOf(response['error']) ?? { code: response['code'], message: response['message'] }
  return { ...decodeErrorBody({ error }), raw: body }
}
