import { inputTokens, outputTokens } from '@atrium/wire'
import type { Metrics } from '#platform/metrics'
import type { CallResult } from '../types.ts'
import type { CallRecord } from './record.ts'

/** Counts and times calls of models for whoever watches the installation. */
export interface CallMeter {
  ended(operation: string, record: CallRecord, result: CallResult): void
}

const nanoUsd = 1e-9

export function createCallMeter(metrics: Metrics): CallMeter {
  const of = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'] as const
  const durations = metrics.duration(
    'gen_ai_client_operation_duration_seconds',
    'Calls of models by operation, provider and model; error_type is empty for those that did not fail.',
    [...of, 'error_type'],
  )
  const tokens = metrics.counter('atrium_model_tokens_total', 'Tokens that calls of models have taken.', [
    ...of,
    'gen_ai_token_type',
  ])
  const cost = metrics.counter(
    'atrium_model_cost_usd_total',
    'What calls of models with a known price have cost.',
    of,
  )
  return {
    ended: (operation, record, { status, error, totalMs, costNanoUsd }) => {
      const { deployment } = record
      const labels = {
        gen_ai_operation_name: operation,
        gen_ai_provider_name: deployment?.kind === 'remote' ? deployment.telemetryName : 'atrium',
        // Whoever asks for a model that is not there could name as many as they like.
        gen_ai_request_model: deployment?.upstreamId ?? 'none',
      }
      durations.observe(
        { ...labels, error_type: status === 'failed' ? (error?.code ?? 'OTHER') : '' },
        totalMs / 1000,
      )
      tokens.inc({ ...labels, gen_ai_token_type: 'input' }, inputTokens(record.usage))
      tokens.inc({ ...labels, gen_ai_token_type: 'output' }, outputTokens(record.usage))
      if (costNanoUsd !== null) cost.inc(labels, Number(costNanoUsd) * nanoUsd)
    },
  }
}
