import type { RunError, StopReceipt, Usage } from '@atrium/contract'
import type { CallResult, Models } from '#modules/models'
import { AppError } from '#platform/errors'
import type { Log } from '#platform/log'
import { spanIdOf } from '#platform/telemetry'
import { Accumulator } from './accumulate.ts'
import { serverStopping, stoppedByPerson } from './engine.ts'
import type { Finisher } from './finish.ts'
import type { PromptBuilder } from './prompt.ts'
import type { RunRow } from './rows.ts'
import type { LiveRun, PendingEvent, RunLog } from './run-log.ts'
import type { RunEnding } from './store.ts'
import { tokensOf, type TurnTickets } from './tickets.ts'
import type { SaidRow } from './views.ts'

/** Writes one answer from the first byte to the last. False when no turn waited for its end. */
export interface Generator {
  generate(row: RunRow, live: LiveRun, engineId: string, said?: readonly SaidRow[]): Promise<boolean>
}

export interface GeneratorOptions {
  readonly models: Models
  readonly prompts: PromptBuilder
  readonly runLog: RunLog
  readonly finisher: Finisher
  readonly tickets: TurnTickets
  readonly log: Log
}

export function createGenerator(options: GeneratorOptions): Generator {
  const { models, prompts, runLog, finisher, tickets, log } = options

  const call = async (
    row: RunRow,
    live: LiveRun,
    accumulator: Accumulator,
    said: readonly SaidRow[] | undefined,
  ): Promise<CallResult> => {
    const prompt = await prompts.build(row, said)
    for (const part of prompt.prefix) for (const event of accumulator.take(part)) runLog.append(live, event)
    return models.stream(
      {
        workspaceId: row.workspace_id,
        personId: row.person_id,
        purpose: 'chat',
        model: row.model,
        request: prompt.request,
        signal: live.controller.signal,
        trace: { traceId: row.trace_id, parentId: spanIdOf(row.id) },
        session: row.conversation_id,
      },
      (parts) => {
        for (const part of parts) for (const event of accumulator.take(part)) runLog.append(live, event)
      },
    )
  }

  return {
    generate: async (row, live, engineId, said) => {
      const accumulator = new Accumulator(() => performance.now())
      const started = performance.now()
      const result = await call(row, live, accumulator, said).catch((error: unknown) => {
        log.error({ err: error, runId: row.id }, 'a run failed before its model call ended')
        return { failure: error }
      })
      tickets.end(row.id, 'callId' in result ? tokensOf(result) : 0)
      const ending =
        'callId' in result
          ? endingOf(row, live, accumulator, result)
          : brokenEnding(row, accumulator, performance.now() - started, result.failure)
      if (ending.usage) runLog.append(live, usageEvent(ending))
      return finisher.finish(row, live, engineId, ending)
    },
  }
}

function endingOf(row: RunRow, live: LiveRun, accumulator: Accumulator, result: CallResult): RunEnding {
  const base = {
    content: accumulator.content(),
    usage: result.usage,
    costNanoUsd: result.costNanoUsd,
    firstTokenMs: result.firstTokenMs,
    totalMs: result.totalMs,
    error: null,
    receipt: null,
    why: result.why,
  }
  switch (result.status) {
    case 'finished':
      return { ...base, status: 'completed' }
    case 'failed':
      return { ...base, status: 'failed', error: publicError(row, result) }
    case 'aborted':
      if (live.controller.signal.reason === stoppedByPerson) {
        return { ...base, status: 'stopped', receipt: receiptOf(row, result.usage, result.costNanoUsd) }
      }
      return { ...base, status: 'interrupted', error: interruption(row, live.controller.signal.reason) }
  }
}

function publicError(row: RunRow, result: CallResult): RunError {
  const { error } = result
  return {
    code: error?.code ?? 'PROVIDER_ERROR',
    message: error?.message ?? 'The provider failed.',
    retryable: error?.retryable ?? true,
    requestId: row.request_id,
  }
}

function interruption(row: RunRow, reason: unknown): RunError {
  const message =
    reason === serverStopping
      ? 'The server was stopped while this answer was being written. What was shown is kept.'
      : 'This answer was cut off. What was shown is kept.'
  return { code: 'RUN_INTERRUPTED', message, retryable: true, requestId: row.request_id }
}

function usageEvent({ usage, costNanoUsd }: RunEnding): PendingEvent {
  if (!usage) throw new Error('there is no usage to tell')
  return { type: 'usage', usage, costNanoUsd: costNanoUsd?.toString() ?? null }
}

/** The end of a run whose model was never called. */
function brokenEnding(row: RunRow, accumulator: Accumulator, totalMs: number, failure: unknown): RunEnding {
  const known = failure instanceof AppError && failure.status < 500
  return {
    status: 'failed',
    content: accumulator.content(),
    usage: null,
    costNanoUsd: null,
    firstTokenMs: null,
    totalMs: Math.round(totalMs),
    error: {
      code: known ? failure.code : 'INTERNAL_ERROR',
      message: known ? failure.message : 'Something went wrong on our side.',
      retryable: !known,
      requestId: row.request_id,
    },
    receipt: null,
    why: null,
  }
}

function receiptOf(row: RunRow, usage: Usage, cost: bigint | null): StopReceipt {
  const { input, output } = usage
  return {
    runId: row.id,
    status: 'stopped',
    inputTokens: input.uncached + input.cacheRead + input.cacheWrite5m + input.cacheWrite1h,
    outputTokens: output.text + output.reasoning,
    costNanoUsd: cost?.toString() ?? null,
    estimated: usage.estimated,
  }
}
