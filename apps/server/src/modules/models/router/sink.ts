import type { FidelityReport } from '@atrium/wire'
import type { CallListener, ReplyPart } from '../types.ts'
import type { Deployment } from './deployment.ts'

/** What is known of a reply when its first content comes. */
export interface Beginning {
  readonly passthrough: boolean
  readonly contentType: string
  readonly fidelity: FidelityReport
  readonly headers: Readonly<Record<string, string>>
}

/** Where the reply of one attempt goes. */
export interface Sink {
  /** The first content has come. False: another attempt was faster, so this one is to end. */
  begin(beginning: Beginning): boolean
  parts(parts: ReplyPart[]): void | Promise<void>
  bytes(chunk: Uint8Array): void | Promise<void>
}

/** Lets the first attempt that has content through to the listener, and no other after it. */
export class Gate {
  readonly #listener: CallListener
  readonly #callId: string
  readonly #onBegin: (deployment: Deployment, beginning: Beginning) => void
  #hook: ((winner: Deployment) => void) | undefined
  winner: Deployment | undefined

  constructor(
    listener: CallListener,
    callId: string,
    onBegin: (deployment: Deployment, beginning: Beginning) => void,
  ) {
    this.#listener = listener
    this.#callId = callId
    this.#onBegin = onBegin
  }

  sinkOf(deployment: Deployment): Sink {
    const listener = this.#listener
    return {
      begin: (beginning) => this.#begin(deployment, beginning),
      parts: (parts) => listener.onParts(parts),
      bytes: (chunk) => listener.onBytes?.(chunk),
    }
  }

  /** Tells who has begun, then or now. */
  onBegin(hook: (winner: Deployment) => void): void {
    this.#hook = hook
    if (this.winner) hook(this.winner)
  }

  #begin(deployment: Deployment, beginning: Beginning): boolean {
    if (this.winner) return false
    this.winner = deployment
    this.#hook?.(deployment)
    this.#onBegin(deployment, beginning)
    this.#listener.onStart?.({ ...beginning, callId: this.#callId, deployment: deployment.name })
    return true
  }
}
