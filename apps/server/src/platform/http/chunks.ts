import type { ServerResponse } from 'node:http'

/**
 * The body of a streamed answer, each piece as one chunk (RFC 9112, section 7.1) in one write. Node's own `write` makes
 * three pieces of it and gathers them until the next tick, which is a third of what passing a short event on costs.
 */
export class ChunkedBody {
  readonly #response: ServerResponse
  /** Known with the first piece, and never changed: what Node has of an answer may wait while the socket is free. */
  #isDirect: boolean | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** False when the reader lags: then `drained` tells when to go on. The head leaves with the first piece. */
  write(piece: string | Uint8Array): boolean {
    const response = this.#response
    if (piece.length === 0 || response.destroyed) return true
    return this.#isDirect === undefined ? this.#begin(piece) : this.#put(piece)
  }

  #begin(piece: string | Uint8Array): boolean {
    const response = this.#response
    const { socket } = response
    socket?.cork()
    response.flushHeaders()
    // Behind an answer that is not done yet there is no socket; a client of HTTP/1.0 knows no chunks.
    this.#isDirect = socket !== null && response.chunkedEncoding
    const isTaken = this.#put(piece)
    socket?.uncork()
    return isTaken
  }

  #put(piece: string | Uint8Array): boolean {
    const { socket } = this.#response
    if (!this.#isDirect || !socket) return this.#response.write(piece)
    return socket.write(typeof piece === 'string' ? chunkOfText(piece) : chunkOfBytes(piece))
  }

  /** Resolves when the reader has caught up or is gone. */
  drained(): Promise<void> {
    const response = this.#response
    const { socket } = response
    if (response.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        response.off('drain', done).off('close', done)
        socket?.off('drain', done)
        resolve()
      }
      response.on('drain', done).on('close', done)
      socket?.on('drain', done)
    })
  }
}

const chunkOfText = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

function chunkOfBytes(bytes: Uint8Array): Buffer {
  const size = bytes.byteLength.toString(16)
  const chunk = Buffer.allocUnsafe(size.length + bytes.byteLength + 4)
  const start = chunk.write(`${size}\r\n`, 'latin1')
  chunk.set(bytes, start)
  chunk.write('\r\n', start + bytes.byteLength, 'latin1')
  return chunk
}
