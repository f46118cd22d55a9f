import type { AttemptEnd } from './attempt.ts'

/** Why a call is over: whoever read its answer has hung up. Any other reason closes the provider's socket at once. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** What is still read of an answer that nobody reads any more, so that its usage may come. */
export interface DrainBounds {
  /** Long enough for an end that is on its way; a model writes some twenty tokens meanwhile. */
  readonly ms: number
  /** Of a streamed answer. Much of this may have come already, and waited for a slow reader. */
  readonly bytes: number
}

export const drainBounds: DrainBounds = { ms: 250, bytes: 64 * 1024 }

/** How an attempt ended whose reader had gone: with the usage that the provider told, if its end has come in time. */
export function drained(end: AttemptEnd): AttemptEnd {
  if (end.kind === 'finished') return { kind: 'aborted', usage: end.finish.usage, isComplete: true }
  return { kind: 'aborted', usage: end.usage }
}
