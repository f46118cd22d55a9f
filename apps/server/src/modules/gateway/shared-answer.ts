import type { ServerResponse } from 'node:http'
import type { AnswerClaim } from './answers.ts'
import { gatewayErrors } from './errors.ts'
import { commonHeaders, type Headers, type Outlet } from './outlet.ts'
import type { KeptAnswer } from './store.ts'

const mostKeptBytes = 16 * 1024 * 1024
/** A reader that lags this far behind is cut off; it may come again with its key. */
const mostLagBytes = 8 * 1024 * 1024

/** An answer that several requests with one key share: who comes late gets what was written before first. */
export class SharedAnswer implements Outlet {
  readonly claim: AnswerClaim
  readonly #controller: AbortController
  readonly #readers = new Set<ServerResponse>()
  #head: { status: number; headers: Headers } | undefined
  #chunks: Buffer[] = []
  #size = 0
  #isTooLarge = false
  #hasEnded = false

  constructor(claim: AnswerClaim, first: ServerResponse, controller: AbortController) {
    this.claim = claim
    this.#controller = controller
    this.#readers.add(first)
  }

  /** The call runs on when its readers have hung up: they may come again. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get hasBegun(): boolean {
    return this.#head !== undefined
  }

  /** Everything is written; whether it is kept is not decided yet. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** @throws AppError 409 when what was written is too large to be given again */
  attach(response: ServerResponse): void {
    if (this.#isTooLarge) throw gatewayErrors.notKept()
    response.setHeader('idempotent-replayed', 'true')
    this.#readers.add(response)
    if (!this.#head) return
    writeHead(response, this.#head)
    for (const chunk of this.#chunks) response.write(chunk)
  }

  /** Nobody was called, which the first reader is told in another way; the others may come again. */
  abandon(): void {
    const [, ...others] = this.#readers
    for (const reader of others) reader.destroy()
  }

  whole(status: number, headers: Headers, body: string | Uint8Array): void {
    if (this.#head) return
    this.begin(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) })
    this.write(body)
    this.end()
  }

  begin(status: number, headers: Headers): void {
    if (this.#head) return
    this.#head = { status, headers }
    for (const reader of this.#readers) writeHead(reader, this.#head)
  }

  write(chunk: string | Uint8Array): void {
    // A string becomes its UTF-8 once, for all readers and the store.
    const bytes = Buffer.from(chunk as string)
    this.#remember(bytes)
    for (const reader of this.#readers) {
      if (reader.destroyed) this.#readers.delete(reader)
      else if (reader.writableLength > mostLagBytes) reader.destroy()
      else reader.write(bytes)
    }
  }

  end(): void {
    this.#hasEnded = true
    for (const reader of this.#readers) reader.end()
  }

  /** What is to be kept; nothing when nothing was answered. */
  kept(): KeptAnswer | undefined {
    if (!this.#head || !this.#hasEnded) return undefined
    const { 'content-length': _, ...headers } = this.#head.headers
    return { status: this.#head.status, headers, body: this.#isTooLarge ? null : Buffer.concat(this.#chunks) }
  }

  #remember(bytes: Buffer): void {
    this.#size += bytes.length
    if (this.#size <= mostKeptBytes) return void this.#chunks.push(bytes)
    this.#isTooLarge = true
    this.#chunks = []
  }
}

function writeHead(
  response: ServerResponse,
  { status, headers }: { status: number; headers: Headers },
): void {
  if (!response.headersSent) response.writeHead(status, { ...commonHeaders, ...headers })
}
