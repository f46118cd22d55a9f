import type { IncomingHttpHeaders } from 'node:http'
import type { Answer, Step, WholeAnswer } from '../answer.ts'
import type { DialectName } from '../calls.ts'
import type { Json } from '../json.ts'
import type { Received } from '../received.ts'
import type { Refusal, RefusalReply } from '../refusal.ts'

/** Writes an answer as the frames of one dialect's stream. Stateful: one writer per answer, called in order. */
export interface FrameWriter {
  /** Frames before the first token. */
  open(): string
  step(step: Step): string
  /** The terminal frames. */
  close(): string
  /** Something that carries nothing and must be ignored. */
  ping(): string
  /** An error in the midst of an answer that began with 200. */
  fail(refusal: Refusal): string
}

/** What the address says about a call, for dialects that keep model and mode out of the body. */
export interface Target {
  readonly model: string | undefined
  readonly stream: boolean
}

/** One provider API: how it reads a request and writes answers and errors. */
export interface Dialect {
  readonly name: DialectName
  /** The content type of a streamed answer. */
  readonly streamType: string
  /** The key as this provider takes it; `undefined` when none came. */
  credential(headers: IncomingHttpHeaders, url: URL): string | undefined
  /** Whether calls without a key are welcome. */
  readonly keyless: boolean
  /** Validates a request as the provider would. Throws a `Refusal`. */
  receive(body: Json, target: Target, headers: IncomingHttpHeaders): Received
  /** The words with which an unknown model is refused. */
  unknownModel(model: string): string
  writer(answer: Answer): FrameWriter
  /** The JSON body of an answer that is not streamed. */
  reply(answer: Answer, whole: WholeAnswer): unknown
  refuse(refusal: Refusal): RefusalReply
}

/** A server-sent event without a name. */
export function sseData(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

/** A server-sent event with a name. */
export function sseEvent(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** The token of an `Authorization: Bearer` header. */
export function bearer(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
}
