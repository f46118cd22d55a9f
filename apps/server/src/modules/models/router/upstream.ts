import type { Readable } from 'node:stream'
import type { ServerConfig } from '#platform/config'
import { createEgress, type Egress, type EgressAnswer, type Stop } from '#platform/egress'
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
  /** Nobody has given the address: it stands in the operator's settings, or this program has found it. */
  readonly provided: boolean
}

export interface UpstreamReply {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The body as it comes; ending the iteration early closes the socket. */
  readonly body: Readable
}

/** One HTTP request whose caller has clocks of its own. */
export type DirectRequest = Omit<UpstreamRequest, 'patienceMs' | 'signal'> & { readonly stop: Stop }

/** How the module reaches providers. Addresses are checked behind it; what it throws is an `EgressError`. */
export interface Upstream {
  readonly request: (request: UpstreamRequest) => Promise<UpstreamReply>
  /** For calls of models, of which there are many: the body comes without a stream in between. */
  readonly open: (request: DirectRequest) => Promise<EgressAnswer>
}

const maxBytes = 128 * 1024 * 1024

/**
 * The platform's egress for addresses that people have given. Another one besides reaches what the operator's settings
 * name, wherever that is, and the one address where a local Ollama listens: it is for connections that were made from
 * the settings or detected, and have not been changed since.
 */
export function createUpstream(egress: Egress, config: ServerConfig, scope: AsyncDisposableStack): Upstream {
  const { allowedCidrs, providerOrigins } = config.egress
  const allowedOrigins = [...providerOrigins, localOllamaUrl]
  const wider = scope.use(createEgress({ allowedCidrs, allowedOrigins }))
  return {
    request: ({ method, url, headers, body, signal, patienceMs, provided }) =>
      (provided ? wider : egress).request({
        url,
        method,
        headers,
        signal,
        maxBytes,
        headersTimeoutMs: patienceMs,
        idleTimeoutMs: patienceMs,
        ...(body === undefined ? {} : { body }),
      }),
    open: ({ method, url, headers, body, stop, provided }) =>
      (provided ? wider : egress).open({
        method,
        url,
        headers,
        ...(body === undefined ? {} : { body }),
        stop,
        maxBytes,
      }),
  }
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

/** Reads an answer's body as bytes; undefined when it is longer than that. @throws whatever ends the body early */
export async function readWhole(answer: EgressAnswer, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  await answer.read((chunk) => {
    size += chunk.byteLength
    if (size > maxBytes) return 'enough'
    chunks.push(chunk)
  })
  if (size > maxBytes) return undefined
  const [only] = chunks
  if (only && chunks.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.byteLength)
  return Buffer.concat(chunks)
}

/** The beginning of an answer's body as text. @throws whatever ends the body early */
export async function readBeginning(answer: EgressAnswer, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  await answer.read((chunk) => {
    chunks.push(chunk)
    size += chunk.byteLength
    return size > maxBytes ? 'enough' : undefined
  })
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8')
}
