import type { Readable } from 'node:stream'

/** What a reader wants next: go on, wait for this, or stop because it has all it needs. */
export type Appetite = void | Promise<void> | 'enough'

/**
 * Reads a body chunk by chunk, as fast as its reader takes it: while a promise is open the socket is not read, so that
 * what waits in memory stays within the socket's own buffers. Resolves at the end, or when the reader has enough; then
 * the few bytes that follow are read away, so that the connection can be used again.
 *
 * @throws whatever ends the body early, and whatever the reader throws
 */
export function pump(body: Readable, take: (chunk: Uint8Array) => Appetite): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (error: unknown): void => {
    reject(error)
    body.destroy()
  }
  const onData = (chunk: Uint8Array): void => {
    try {
      const appetite = take(chunk)
      if (appetite === undefined) return
      if (appetite === 'enough') {
        body.off('data', onData)
        drain(body)
        resolve()
      } else {
        body.pause()
        appetite.then(() => body.resume(), fail)
      }
    } catch (error) {
      fail(error)
    }
  }
  body.once('end', resolve)
  body.on('error', reject)
  body.once('close', resolve)
  body.on('data', onData)
  return promise
}

const mostDrained = 64 * 1024
const drainMs = 1000

function drain(body: Readable): void {
  let left = mostDrained
  const late = setTimeout(() => body.destroy(), drainMs)
  late.unref()
  body.once('close', () => clearTimeout(late))
  body.on('data', (chunk: Uint8Array) => {
    left -= chunk.byteLength
    if (left < 0) body.destroy()
  })
}
