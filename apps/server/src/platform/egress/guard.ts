import type { Dispatcher } from 'undici'
import { EgressError, requestFailure } from './errors.ts'

/**
 * Stands between the connection and the reader of an answer: stops it at `maxBytes`, and gives every failure its name,
 * those in the middle of a body too. It adds no stream of its own, so that a long answer costs nothing more.
 */
export function guardHandler(
  inner: Dispatcher.DispatchHandler,
  maxBytes: number,
): Dispatcher.DispatchHandler {
  let receivedBytes = 0
  let sent = false
  return {
    onRequestStart(controller, context) {
      sent = true
      inner.onRequestStart?.(controller, context)
    },
    onRequestUpgrade(controller, statusCode, headers, socket) {
      inner.onRequestUpgrade?.(controller, statusCode, headers, socket)
    },
    onResponseStart(controller, statusCode, headers, statusMessage) {
      const declared = Number(headers['content-length'] ?? 0)
      if (declared > maxBytes) controller.abort(tooLarge(`announces ${declared} bytes`))
      else inner.onResponseStart?.(controller, statusCode, headers, statusMessage)
    },
    onResponseData(controller, chunk) {
      receivedBytes += chunk.length
      if (receivedBytes > maxBytes) controller.abort(tooLarge(`sent more than ${maxBytes} bytes`))
      else inner.onResponseData?.(controller, chunk)
    },
    onResponseEnd(controller, trailers) {
      inner.onResponseEnd?.(controller, trailers)
    },
    onResponseError(controller, error) {
      inner.onResponseError?.(controller, requestFailure(error, sent))
    },
  }
}

const tooLarge = (detail: string): EgressError => new EgressError('too-large', true, { detail })
