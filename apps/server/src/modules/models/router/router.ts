import type { Clock } from '#platform/clock'
import type { Log } from '#platform/log'
import type { Metrics } from '#platform/metrics'
import type { Telemetry } from '#platform/telemetry'
import type {
  CallListener,
  CallResult,
  ForwardCall,
  ForwardReply,
  ModelCall,
  PartsListener,
} from '../types.ts'
import { rowOf } from './call-row.ts'
import { createCallMeter } from './call-meter.ts'
import type { CallsWriter } from './calls-writer.ts'
import { forwardCall } from './forward.ts'
import { CallRecord } from './record.ts'
import { runCall, type RunTools } from './run.ts'
import { createCallSpans } from './own-spans.ts'
import { inCallSpan, spanOfForwarded } from './span.ts'
import type { Timeouts } from './watchdog.ts'

/** The one way to call a model. */
export interface Router {
  /** Streams a reply; the listener is called synchronously as bytes arrive. Never rejects: what fails is in the result. */
  readonly stream: (call: ModelCall, listener: CallListener | PartsListener) => Promise<CallResult>
  /** Passes a request on that is none of the dialects' own calls. Never rejects: status 0 means that nobody answered. */
  readonly forward: (call: ForwardCall) => Promise<ForwardReply>
}

export interface RouterOptions extends RunTools {
  readonly writer: CallsWriter
  readonly telemetry: Telemetry
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
  readonly timeouts: Timeouts
}

/**
 * Alias → policy → deployments → attempts. Each call is recorded exactly once, whichever way it ends.
 * A request whose outcome is unknown is never sent to the same deployment again.
 */
export function createRouter(options: RouterOptions): Router {
  const { writer, telemetry, clock, log } = options
  const recordOf = (call: Pick<ModelCall, 'model' | 'signal'>): CallRecord =>
    new CallRecord(call, { id: clock.uuid(), createdAt: clock.now(), timeouts: options.timeouts })
  const told = (record: CallRecord): CallResult => {
    const result = record.result()
    if (record.isOurFault)
      log.error({ err: record.thrown, callId: record.id }, 'a model call broke on our side')
    return result
  }
  const spans = createCallSpans(telemetry)
  const meter = createCallMeter(options.metrics)
  return {
    stream: (call, given) => {
      const record = recordOf(call)
      const { listener, reply } = spans.hear(call, typeof given === 'function' ? unawaited(given) : given)
      return inCallSpan(telemetry, call, record, async (span) => {
        await runCall(options, call, record, listener).catch((thrown: unknown) => record.broke(thrown))
        const result = told(record)
        span?.ended(record, result)
        meter.ended('chat', record, result)
        spans.ended({ call, record, result, reply })
        // Chat shows the row's figures at once; a gateway's caller has its answer and waits for nothing.
        if (call.purpose === 'gateway') writer.keep(rowOf(call, record, result))
        else await writer.write(rowOf(call, record, result))
        return result
      })
    },
    forward: (given) => {
      const record = recordOf(given)
      const finish = (call: ModelCall): CallResult => {
        const result = told(record)
        const operation = operationOf(given.path)
        spanOfForwarded(telemetry, call, record, result)
        meter.ended(operation, record, result)
        spans.ended({ call, record, result, operation })
        writer.keep(rowOf(call, record, result))
        return result
      }
      return forwardCall({ ...options, finish }, given, record)
    },
  }
}

/** What is done at an address, by the names of OpenTelemetry's conventions. */
const operationOf = (path: string): string =>
  /embed/i.test(path) ? 'embeddings' : /count_?tokens$/i.test(path) ? 'count_tokens' : 'generate_content'

const unawaited = (onParts: PartsListener): CallListener => ({
  onParts: (parts) => {
    onParts(parts)
  },
})
