import type { CallLog } from './calls.ts'
import { isRecord, parseRecord, textOf } from './json.ts'
import type { ScriptMatch, ScriptQueue } from './queue.ts'
import { Refusal } from './refusal.ts'
import { readScript, ScriptError } from './script.ts'

export interface ControlParts {
  readonly log: CallLog
  readonly queue: ScriptQueue
  readonly reset: () => void
}

/**
 * The programmatic interface over HTTP, for a fake provider in another process: `GET stats`, `GET calls?since=SEQ`,
 * `POST enqueue` with `{ script, match? }`, `POST reset`. Throws a `Refusal` or a `ScriptError`.
 */
export function answerControl(parts: ControlParts, method: string, url: URL, body: string): unknown {
  switch (`${method} ${url.pathname}`) {
    case 'GET /__fake/stats':
      return parts.log.stats()
    case 'GET /__fake/calls': {
      const since = Number(url.searchParams.get('since') ?? 0)
      return { calls: parts.log.calls.filter((call) => call.seq > since) }
    }
    case 'POST /__fake/enqueue':
      enqueue(parts.queue, body)
      return { ok: true }
    case 'POST /__fake/reset':
      parts.reset()
      return { ok: true }
    default:
      throw new Refusal(404, 'not-found', `no such control: ${method} ${url.pathname}`)
  }
}

function enqueue(queue: ScriptQueue, body: string): void {
  const order = parseRecord(body)
  if (order === undefined) throw new ScriptError('the body must be { script, match? }')
  queue.add(readScript(order['script']), matchOf(order['match']))
}

function matchOf(value: unknown): ScriptMatch {
  if (!isRecord(value)) return {}
  return {
    ...(value['model'] === undefined ? {} : { model: textOf(value['model']) }),
    ...(value['includes'] === undefined ? {} : { includes: textOf(value['includes']) }),
  }
}
