import type { ServerResponse } from 'node:http'
import { ReaderGone } from '#modules/models'
import { ChunkedBody } from '#platform/http'

export type Headers = Readonly<Record<string, string>>

/** Where an answer goes: to the client, or also into the store of a request that may be repeated. */
export interface Outlet {
  /** Aborted when nobody needs the rest of the answer. */
  readonly signal: AbortSignal
  /** The head has gone out. */
  readonly hasBegun: boolean
  /** A whole answer. */
  whole(status: number, headers: Headers, body: string | Uint8Array): void
  /** Begins a streamed answer. */
  begin(status: number, headers: Headers): void
  /** Gives a promise when the reader lags; it is settled when the reader has caught up or is gone. */
  write(chunk: string | Uint8Array): void | Promise<void>
  /** Ends a streamed answer, with trailers for a client that takes them. */
  end(trailers?: Headers): void
}

/** What every answer carries: nothing of it is for a browser to keep, to sniff or to run. */
export const commonHeaders: Headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** Node writes a short text together with the head, which costs less than two pieces do; each byte is a character. */
const mostCopied = 16 * 1024

/** Writes straight to the client. `gone` is aborted when the client hangs up. */
export class ResponseOutlet implements Outlet {
  readonly #response: ServerResponse
  readonly #controller: AbortController
  readonly #body: ChunkedBody
  hasBegun = false

  constructor(response: ServerResponse, controller: AbortController) {
    this.#response = response
    this.#controller = controller
    this.#body = new ChunkedBody(response)
    response.once('close', () => {
      if (!response.writableFinished) controller.abort(new ReaderGone())
    })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  whole(status: number, headers: Headers, body: string | Uint8Array): void {
    if (this.hasBegun) return
    this.hasBegun = true
    this.#response.writeHead(status, {
      ...commonHeaders,
      ...headers,
      'content-length': Buffer.byteLength(body),
    })
    if (typeof body === 'string' || body.byteLength > mostCopied) this.#response.end(body)
    else
      this.#response.end(
        Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'),
        'latin1',
      )
  }

  begin(status: number, headers: Headers): void {
    if (this.hasBegun) return
    this.hasBegun = true
    this.#response.writeHead(status, { ...commonHeaders, 'x-accel-buffering': 'no', ...headers })
  }

  write(chunk: string | Uint8Array): void | Promise<void> {
    if (this.#body.write(chunk)) return
    return this.#body.drained()
  }

  end(trailers?: Headers): void {
    if (trailers) this.#response.addTrailers({ ...trailers })
    this.#response.end()
  }
}
