import type { Operation, SpanTokens } from '../facts.ts'
import type { OtlpSpan } from '@atrium/wire/otlp'
import type { Findings } from './findings.ts'

const CLIENT = 3

const NO_TOKENS: SpanTokens = {
  input: null,
  cacheRead: null,
  cacheWrite: null,
  output: null,
  reasoning: null,
}

/** What a span used and cost; the sender's figures of calls that are spans of their own are not taken. */
export function usageOf(found: Findings, operation: Operation | null, span: OtlpSpan) {
  if (addsUpCalls(found, operation, span)) return { tokens: NO_TOKENS, costNanoUsd: null }
  return { tokens: tokensOf(found), costNanoUsd: costOf(found) }
}

/**
 * Agents and workflows repeat the sum of the calls inside them, so only the calls count. The exception is an agent
 * that runs elsewhere, whose calls nobody sees: OpenTelemetry gives it the kind CLIENT.
 * Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 */
function addsUpCalls(found: Findings, operation: Operation | null, span: OtlpSpan): boolean {
  if (operation === 'invoke_workflow') return true
  return operation === 'invoke_agent' && !(found.convention === 'gen_ai' && span.kind === CLIENT)
}

function tokensOf(found: Findings): SpanTokens {
  return found.take('usage') ?? fromTotals(found)
}

/** All conventions but Langfuse count cached tokens as input and reasoning as output. */
function fromTotals(found: Findings): SpanTokens {
  const prompt = found.take('promptTokens')
  const completion = found.take('completionTokens')
  const cacheRead = found.take('cacheReadTokens')
  const cacheWrite = found.take('cacheWriteTokens')
  const reasoning = found.take('reasoningTokens')
  takeTotal(found, (prompt ?? 0) + (completion ?? 0))
  return {
    input: found.take('uncachedTokens') ?? without(prompt, (cacheRead ?? 0) + (cacheWrite ?? 0)),
    cacheRead,
    cacheWrite,
    output: found.take('textTokens') ?? without(completion, reasoning ?? 0),
    reasoning,
  }
}

function without(total: number | null, part: number): number | null {
  return total === null ? null : Math.max(0, total - part)
}

/** A total that tells no more than its parts is not kept. */
function takeTotal(found: Findings, sum: number): void {
  if (found.peek('totalTokens') === sum) found.take('totalTokens')
}

function costOf(found: Findings): bigint | null {
  const total = found.take('costNanoUsd')
  if (total !== null) return total
  const parts = found.takeAll('costPartNanoUsd')
  return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part)
}
