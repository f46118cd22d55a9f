import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Batch, encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import { CliError, exitCodes } from '../lib/errors.ts'

/** Where telemetry goes. */
export interface Destination {
  readonly url: string
  /** The secret of an API key with `telemetry:write`. */
  readonly key: string
}

export interface Sent {
  readonly requests: number
  /** Requests that were sent again, because the server was full, busy or away. */
  readonly repeats: number
}

/** Requests under way at once. */
const width = 4
const attempts = 12
const longestPauseMs = 30_000
const answerMs = 60_000
const packed = promisify(gzip)

/**
 * Sends requests by OTLP over HTTP, several at once, and resolves when the server has committed all of them. What it cannot
 * take now is sent again when it says, https://opentelemetry.io/docs/specs/otlp/#otlphttp-throttling
 * @throws CliError when it refuses a request, or still cannot take it after many attempts
 */
export async function sendAll(
  { url, key }: Destination,
  requests: Iterable<Batch<OtlpSpan>[]>,
  onSent: (spans: number) => void,
): Promise<Sent> {
  const todo = requests[Symbol.iterator]()
  const sent = { requests: 0, repeats: 0 }
  const failed = new AbortController()
  const worker = async (): Promise<void> => {
    for (let next = todo.next(); !next.done && !failed.signal.aborted; next = todo.next()) {
      const body = await packed(encodeTraces(next.value, 'protobuf'), { level: 1 })
      const repeats = await insist(() => post(new URL('/v1/traces', url), key, body))
      sent.repeats += repeats
      sent.requests += 1
      onSent(next.value.reduce((sum, { records }) => sum + records.length, 0))
    }
  }
  const workers = Array.from({ length: width }, worker)
  try {
    await Promise.all(workers)
  } catch (error) {
    failed.abort()
    await Promise.allSettled(workers)
    throw error
  }
  return sent
}

/** What came of one attempt: done, or how long to wait. */
type Outcome = { readonly done: true } | { readonly done: false; readonly pauseMs: number | null }

/** Gives how often it was repeated. */
async function insist(attempt: () => Promise<Outcome>): Promise<number> {
  for (let repeats = 0; repeats < attempts; repeats += 1) {
    const outcome = await attempt()
    if (outcome.done) return repeats
    const doublingMs = 500 * 2 ** repeats
    await sleep(Math.min(outcome.pauseMs ?? doublingMs, longestPauseMs))
  }
  throw new CliError('SERVICE_UNAVAILABLE', 'The server could not take the telemetry for too long.', {
    exitCode: exitCodes.unavailable,
    hint: 'The same command goes on where it stopped: what has arrived is not stored twice.',
  })
}

/** OTLP names these as the ones after which to try again. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504])

async function post(url: URL, key: string, body: Uint8Array<ArrayBuffer>): Promise<Outcome> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
    },
    body,
    signal: AbortSignal.timeout(answerMs),
  }).catch(() => null)
  if (response === null) return { done: false, pauseMs: null }
  const answer = await response.arrayBuffer().catch(() => null)
  if (answer === null || passing.has(response.status))
    return { done: false, pauseMs: pauseOf(response.headers.get('retry-after')) }
  if (!response.ok) throw refused(response.status)
  // An empty answer means that all of it was taken.
  if (answer.byteLength > 0)
    throw new CliError('SPANS_REJECTED', 'The server has left out some of the spans.')
  return { done: true }
}

/** Seconds or a date. */
function pauseOf(header: string | null): number | null {
  if (header === null) return null
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}

function refused(status: number): CliError {
  if (status === 401)
    return new CliError('INVALID_API_KEY', 'The server does not know this API key.', {
      exitCode: exitCodes.notSignedIn,
    })
  if (status === 403)
    return new CliError('INSUFFICIENT_PERMISSIONS', 'This API key may not send telemetry.', {
      exitCode: exitCodes.refused,
      hint: 'It needs the permission telemetry:write.',
    })
  return new CliError('UNEXPECTED_ANSWER', `The server answered ${status} to telemetry.`)
}
