import type { StreamDecoder } from '../spec/dialect.ts'
import type { ModelError } from '../spec/error.ts'
import type { JsonObject } from '../spec/json.ts'
import type { StreamPart } from '../spec/stream.ts'
import type { Usage } from '../spec/usage.ts'
import type { Frame, FrameReader } from '../frames.ts'
import { errorPart, invalidResponse, truncatedError } from './errors.ts'
import { objectOf, parseJson } from './json.ts'

/** What a dialect makes of the messages in its stream. Parts are appended to `out`. */
export interface MessageReader {
  message(body: JsonObject, frame: Frame, out: StreamPart[]): void
  /** `data: [DONE]`. Dialects that end by an event of their own leave this out. */
  done?(out: StreamPart[]): void
  /** The body has ended without a terminal part; a dialect whose end is the end of the body gives it now. */
  end?(out: StreamPart[]): void
  /** What is known of the usage so far, for the error that may come. */
  usage(): Usage | undefined
}

/** Joins frames and messages into a decoder that keeps the promise of exactly one terminal part. */
export function createFramedDecoder(frames: FrameReader, messages: MessageReader): StreamDecoder {
  let finished = false
  let sawFrame = false

  function fail(error: ModelError, out: StreamPart[]): void {
    out.push(errorPart(error, messages.usage()))
    finished = true
  }

  function read(frame: Frame, out: StreamPart[], bodyEnded: boolean): void {
    if (frame.data === '' || frame.event === 'ping') return
    sawFrame = true
    if (frame.data === '[DONE]') messages.done?.(out)
    else {
      const body = objectOf(parseJson(frame.data))
      if (body) messages.message(body, frame, out)
      // A last frame that is no JSON was cut; the end of the body will say so.
      else if (!bodyEnded) fail(invalidResponse('an event is not a JSON object', frame.data), out)
    }
    if (isEnded(out)) finished = true
  }

  /** A server may answer 200 and then plain JSON: an error, or the whole reply. */
  function readForeign(out: StreamPart[]): void {
    const parsed = parseJson(frames.foreignText)
    const body = objectOf(Array.isArray(parsed) ? parsed[0] : parsed)
    if (body) messages.message(body, { event: '', data: frames.foreignText }, out)
    if (isEnded(out)) finished = true
  }

  function endOfUnfinished(): ModelError {
    if (sawFrame || frames.foreignText === '') return truncatedError()
    return invalidResponse('the body is not a stream of events', frames.foreignText)
  }

  function readAll(list: Frame[], bodyEnded: boolean): StreamPart[] {
    const out: StreamPart[] = []
    for (const frame of list) {
      read(frame, out, bodyEnded)
      if (finished) return out
    }
    if (frames.overflowed) fail(invalidResponse('an event exceeds the size limit', ''), out)
    return out
  }

  return {
    push: (bytes) => (finished ? [] : readAll(frames.push(bytes), false)),
    end() {
      if (finished) return []
      const out = readAll(frames.end(), true)
      if (!finished && !sawFrame) readForeign(out)
      if (!finished) messages.end?.(out)
      if (!isEnded(out)) fail(endOfUnfinished(), out)
      finished = true
      return out
    },
  }
}

/** Decodes a whole reply by handing it to `read`; a body that is no JSON object is an error. */
export function decodeWhole(
  bodyText: string,
  read: (body: JsonObject, out: StreamPart[]) => void,
): StreamPart[] {
  const body = objectOf(parseJson(bodyText))
  if (!body) return [errorPart(invalidResponse('the reply is not a JSON object', bodyText))]
  const out: StreamPart[] = []
  read(body, out)
  if (!isEnded(out)) out.push(errorPart(invalidResponse('the reply is not complete', bodyText)))
  return out
}

function isEnded(out: StreamPart[]): boolean {
  const last = out.at(-1)
  return last?.type === 'finish' || last?.type === 'error'
}
