import type { Readable } from 'node:stream'
import type { ServerConfig } from '#platform/config'
import { createEgress, type Egress } from '#platform/egress'
import { localOllamaUrl } from '../connections/kinds.ts'

/** One HTTP request to a provider. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Closes the socket when aborted, at any time until the body has ended. */
  readonly signal: AbortSignal
  /** No clock of the transport runs out before this; the caller has its own. */
  readonly patienceMs: number
  /** This program has found the address itself: the local Ollama. */
  readonly detected: boolean
}

export interface UpstreamReply {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The body as it comes; ending the iteration early closes the socket. */
  readonly body: Readable
}

/** How the module reaches providers. Addresses are checked behind it; what it throws is an `EgressError`. */
export type Upstream = (request: UpstreamRequest) => Promise<UpstreamReply>

const maxBytes = 128 * 1024 * 1024

/**
 * The platform's egress for addresses that people have given, and one that besides may reach the one address where a
 * local Ollama listens, for the connection that was detected there.
 */
export function createUpstream(egress: Egress, config: ServerConfig, scope: AsyncDisposableStack): Upstream {
  const local = scope.use(
    createEgress({ ...config.egress, allowedOrigins: [...config.egress.allowedOrigins, localOllamaUrl] }),
  )
  return ({ method, url, headers, body, signal, patienceMs, detected }) =>
    (detected ? local : egress).request({
      url,
      method,
      headers,
      signal,
      maxBytes,
      headersTimeoutMs: patienceMs,
      idleTimeoutMs: patienceMs,
      ...(body === undefined ? {} : { body }),
    })
}

/** A path of a dialect behind the base URL of a connection, however many slashes meet. */
export function urlOf(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/\/+$/, '')}${path}`
}

/**
 * Reads a body as text, at most so many bytes; what lies beyond is cut off.
 * @throws whatever ends the body early
 */
export async function readText(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ text: string; cut: boolean }> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > maxBytes) break
  }
  const whole = Buffer.concat(chunks)
  return { text: whole.subarray(0, maxBytes).toString('utf8'), cut: size > maxBytes }
}
