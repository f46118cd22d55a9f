import { setTimeout as sleep } from 'node:timers/promises'
import type { FidelityReport } from '@atrium/wire'
import type { Clock } from '#platform/clock'
import type { Log } from '#platform/log'
import type { Telemetry } from '#platform/telemetry'
import type { Guide } from '../guide/guide.ts'
import type { CallResult, ModelCall, ReplyPart } from '../types.ts'
import { attemptLocal } from './attempt-local.ts'
import { attemptRemote, type AttemptEnd } from './attempt.ts'
import type { CallsWriter } from './calls-writer.ts'
import type { Deployment } from './deployment.ts'
import { mayTryAgain } from './network-errors.ts'
import { choose } from './policy.ts'
import { CallRecord } from './record.ts'
import { rowOf } from './call-row.ts'
import type { Resolver } from './resolver.ts'
import { inCallSpan } from './span.ts'
import type { Upstream } from './upstream.ts'
import type { Timeouts } from './watchdog.ts'

/** The one way to call a model. */
export interface Router {
  /** Streams a reply; `onParts` is called synchronously as bytes arrive. Never rejects: what fails is in the result. */
  readonly stream: (call: ModelCall, onParts: (parts: ReplyPart[]) => void) => Promise<CallResult>
}

export interface RouterOptions {
  readonly resolver: Resolver
  readonly upstream: Upstream
  readonly guide: Guide
  readonly writer: CallsWriter
  readonly telemetry: Telemetry
  readonly clock: Clock
  readonly log: Log
  readonly timeouts: Timeouts
  /** 0 to 1, for the jitter of retries. */
  readonly random?: () => number
}

const mostTries = 2
const retryMs = 150

/**
 * Alias → policy → deployments → attempts. Each call is recorded exactly once, whichever way it ends.
 * A request is tried a second time only when the first never reached the provider; a request whose outcome is
 * unknown is never sent again.
 */
export function createRouter(options: RouterOptions): Router {
  const { resolver, writer, telemetry, clock, log } = options

  const run = async (
    call: ModelCall,
    record: CallRecord,
    onParts: (parts: ReplyPart[]) => void,
  ): Promise<void> => {
    const route = await resolver.route(call.workspaceId, call.model)
    const choice = choose(route.deployments)
    record.considered(choice.candidates)
    for (const deployment of choice.order) {
      record.chose(deployment)
      const end = await tryDeployment(options, call, deployment, record, onParts)
      record.ended(end, deployment)
      // Passing over to the next deployment before the first content has its place here.
      return
    }
  }

  return {
    stream: (call, onParts) =>
      inCallSpan(telemetry, call, async (span) => {
        const record = new CallRecord(call, {
          id: clock.uuid(),
          createdAt: clock.now(),
          timeouts: options.timeouts,
        })
        try {
          await run(call, record, onParts)
        } catch (thrown) {
          record.broke(thrown)
          if (!record.isKnownError)
            log.error({ err: thrown, callId: record.id }, 'a model call broke on our side')
        }
        const result = record.result()
        span.ended(record, result)
        await writer.write(rowOf(call, record, result))
        return result
      }),
  }
}

/** Calls one deployment; the jittered second try is for doors that were shut, before anything was sent. */
async function tryDeployment(
  options: RouterOptions,
  call: ModelCall,
  deployment: Deployment,
  record: CallRecord,
  onParts: (parts: ReplyPart[]) => void,
): Promise<AttemptEnd> {
  for (let tries = 1; ; tries += 1) {
    const begun = performance.now()
    const end = await attempt(options, call, deployment, record, record.metered(onParts))
    record.attempted(deployment, end, performance.now() - begun)
    const again = end.kind === 'failed' && mayTryAgain(end.fault) && tries < mostTries && !call.signal.aborted
    if (!again) return end
    const jitter = (options.random ?? Math.random)()
    await sleep(retryMs * (1 + jitter), undefined, { signal: call.signal }).catch(() => undefined)
    if (call.signal.aborted) return { kind: 'aborted', usage: undefined }
  }
}

function attempt(
  { upstream, guide, timeouts }: RouterOptions,
  call: ModelCall,
  deployment: Deployment,
  record: CallRecord,
  onParts: (parts: ReplyPart[]) => void,
): Promise<AttemptEnd> {
  const onEncoded = (fidelity: FidelityReport): void => record.encoded(fidelity)
  return deployment.kind === 'local'
    ? attemptLocal(guide, call, onParts)
    : attemptRemote(deployment, call.request, { upstream, timeouts, signal: call.signal, onParts, onEncoded })
}
