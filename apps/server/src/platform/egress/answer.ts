import type { Dispatcher } from 'undici'
import { EgressError, requestFailure } from './errors.ts'
import type { Stop } from './stop.ts'

/** What a reader wants next: go on, wait for this, or stop because it has all it needs. */
export type Appetite = void | Promise<void> | 'enough'

/** An answer whose bytes are handed on in the moment in which they come. */
export interface EgressAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /**
   * Reads the body as fast as its reader takes it: while a promise is open the socket is not read. Resolves at the end,
   * or when the reader has enough; the few bytes that follow then are read away, so that the connection can be used
   * again. To be called once.
   * @throws {EgressError} for whatever ends the body early, and whatever the reader throws
   */
  read(take: (chunk: Uint8Array) => Appetite): Promise<void>
  /** Closes the socket: nobody wants the body. */
  destroy(): void
}

export interface AnswerOptions {
  /** Closes the socket, at any time until the body has ended. */
  readonly stop: Stop
  /** Of the answer's body. */
  readonly maxBytes: number
}

/** Bytes that wait here for a reader before the socket is no longer read. */
const mostWaiting = 64 * 1024
const mostDrained = 64 * 1024
const drainMs = 1000

/**
 * Takes one answer straight from the connection. Nothing of Node's streams is in between: those cost a short answer
 * more than all the rest.
 */
export class DirectAnswer implements Dispatcher.DispatchHandler, EgressAnswer {
  status = 0
  headers: EgressAnswer['headers'] = {}
  readonly #options: AnswerOptions
  readonly #begun = Promise.withResolvers<EgressAnswer>()
  #controller: Dispatcher.DispatchController | undefined
  #aborting: EgressError | undefined
  #receivedBytes = 0
  #waiting: Uint8Array[] = []
  #take: ((chunk: Uint8Array) => Appetite) | undefined
  #reading: PromiseWithResolvers<void> | undefined
  /** The reader has asked to wait. */
  #isFull = false
  #hasEnded = false
  #failure: unknown
  #drainedBytes = 0
  #late: NodeJS.Timeout | undefined

  constructor(options: AnswerOptions) {
    this.#options = options
    options.stop.listen(() => this.destroy())
  }

  /** Resolves when the head has come. @throws {EgressError} when there is no answer */
  get begun(): Promise<EgressAnswer> {
    return this.#begun.promise
  }

  read(take: (chunk: Uint8Array) => Appetite): Promise<void> {
    const reading = (this.#reading = Promise.withResolvers<void>())
    this.#take = take
    const waiting = this.#waiting.splice(0)
    const [only] = waiting
    if (only) this.#deliver(waiting.length === 1 ? only : Buffer.concat(waiting))
    if (this.#failure !== undefined) reading.reject(this.#failure)
    else if (this.#hasEnded) reading.resolve()
    else if (!this.#isFull) this.#controller?.resume()
    return reading.promise
  }

  destroy(): void {
    this.#abort(new EgressError('aborted', true))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborting) controller.abort(this.#aborting)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: EgressAnswer['headers'],
  ): void {
    // What is only information comes before the answer.
    if (status < 200) return
    const declared = Number(headers['content-length'] ?? 0)
    if (declared > this.#options.maxBytes) return controller.abort(tooLarge(`announces ${declared} bytes`))
    this.status = status
    this.headers = headers
    this.#begun.resolve(this)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#receivedBytes += chunk.byteLength
    const { maxBytes } = this.#options
    if (this.#receivedBytes > maxBytes) return controller.abort(tooLarge(`sent more than ${maxBytes} bytes`))
    if (this.#take) return this.#deliver(chunk)
    if (this.#reading) return this.#drain(chunk)
    this.#waiting.push(chunk)
    if (this.#receivedBytes > mostWaiting) controller.pause()
  }

  onResponseEnd(): void {
    this.#release()
    this.#hasEnded = true
    this.#reading?.resolve()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#release()
    this.#failure = requestFailure(error, this.#controller !== undefined)
    this.#begun.reject(this.#failure)
    this.#reading?.reject(this.#failure)
  }

  #deliver(chunk: Uint8Array): void {
    try {
      const appetite = this.#take?.(chunk)
      if (appetite === undefined) return
      if (appetite === 'enough') return this.#finish()
      this.#isFull = true
      this.#controller?.pause()
      appetite.then(
        () => this.#resume(),
        (error: unknown) => this.#giveUp(error),
      )
    } catch (error) {
      this.#giveUp(error)
    }
  }

  #resume(): void {
    this.#isFull = false
    this.#controller?.resume()
  }

  #finish(): void {
    this.#take = undefined
    this.#reading?.resolve()
    if (!this.#hasEnded) this.#late = setTimeout(() => this.destroy(), drainMs).unref()
    this.#controller?.resume()
  }

  #drain(chunk: Uint8Array): void {
    this.#drainedBytes += chunk.byteLength
    if (this.#drainedBytes > mostDrained) this.destroy()
  }

  #giveUp(error: unknown): void {
    this.#reading?.reject(error)
    this.destroy()
  }

  /** Before the request has begun, as soon as it does: nothing of it is sent then. */
  #abort(error: EgressError): void {
    this.#aborting ??= error
    if (!this.#controller) this.#begun.reject(new EgressError('aborted', false))
    else if (!this.#hasEnded) this.#controller.abort(error)
  }

  #release(): void {
    this.#options.stop.listen(undefined)
    clearTimeout(this.#late)
  }
}

const tooLarge = (detail: string): EgressError => new EgressError('too-large', true, { detail })
