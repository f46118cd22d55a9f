import type { Origin, OtlpSpan } from '@atrium/wire/otlp'
import type { Operation, SpanFacts } from '../facts.ts'
import { ofResource } from './common.ts'
import { messagesOfSpan, toolCallOfSpan } from './content.ts'
import { exceptionIn, firstTokenInEvents } from './events.ts'
import { Findings } from './findings.ts'
import { usageOf } from './tokens.ts'

const ERROR = 2

/**
 * What a span tells, whichever convention it follows: OpenTelemetry's own, OpenInference, OpenLLMetry, the AI SDK or
 * Langfuse (see their files), or none.
 *
 * Tokens never overlap and count once: agents and workflows tell none, as the calls inside them do. The team is
 * `atrium.team` of the span or its resource, else `service.namespace`; the project `atrium.project`, else
 * OpenInference's `openinference.project.name`. What cannot be read, and what tells more than a fact does, stays in
 * `rest`. Takes time linear in the span and never throws, whatever its attributes hold.
 */
export function factsOf(span: OtlpSpan, origin: Origin): SpanFacts {
  const found = new Findings(span.attributes)
  const requestModel = found.take('requestModel')
  const model = found.take('model') ?? requestModel
  const operation = found.take('operation') ?? guessedOperation(found, model)
  const facts = {
    convention: found.convention,
    operation,
    provider: found.take('provider'),
    model,
    requestModel,
    ...namesOf(found, operation, span),
    ...originOf(found, origin),
    ...usageOf(found, operation, span),
    firstTokenNs: firstTokenOf(found, span),
    errorType: errorOf(found, span),
    ...(operation === 'execute_tool' ? toolCallOfSpan(found) : { toolArguments: null, toolResult: null }),
    ...messagesOfSpan(found, span),
  }
  return { ...facts, rest: found.finish() }
}

/** Calls of a model that do not say so: they name one, and tell what it wrote. */
function guessedOperation(found: Findings, model: string | null): Operation | null {
  return found.convention !== null && model !== null && found.tellsCompletion() ? 'chat' : null
}

function namesOf(found: Findings, operation: Operation | null, span: OtlpSpan) {
  const isAgent = operation === 'invoke_agent' || operation === 'create_agent'
  const isTool = operation === 'execute_tool'
  const agent = found.take('agent')
  const tool = found.take('tool')
  return {
    agent: agent ?? (isAgent ? nameOf(found, operation, span) : null),
    tool: tool ?? (isTool ? nameOf(found, operation, span) : null),
    toolCallId: found.take('toolCallId'),
  }
}

/** Langfuse and OpenInference name spans after the agent or tool, OpenTelemetry prefixes the operation. */
function nameOf(found: Findings, operation: Operation, span: OtlpSpan): string | null {
  const entity = found.take('entity')
  if (entity !== null) return entity
  const prefix = `${operation} `
  if (span.name.startsWith(prefix)) return span.name.slice(prefix.length) || null
  const named = found.convention === 'langfuse' || found.convention === 'openinference'
  return named ? span.name || null : null
}

function originOf(found: Findings, { resource }: Origin) {
  return {
    session: found.take('session') ?? ofResource(resource, 'session'),
    user: found.take('user') ?? ofResource(resource, 'user'),
    team: found.take('team') ?? ofResource(resource, 'team'),
    project: found.take('project') ?? ofResource(resource, 'project'),
    environment: found.take('environment') ?? ofResource(resource, 'environment'),
    version: found.take('version') ?? ofResource(resource, 'version'),
    service: found.take('service') ?? ofResource(resource, 'service'),
  }
}

function firstTokenOf(found: Findings, span: OtlpSpan): bigint | null {
  const told = found.take('firstTokenNs')
  if (told !== null) return told
  const at = found.peek('firstTokenAtNs')
  if (at === null || at < span.startNs) return firstTokenInEvents(span.events, span.startNs)
  found.take('firstTokenAtNs')
  return at - span.startNs
}

/** An error of no known type is `_OTHER`, as OpenTelemetry has it; a handled exception is none. */
function errorOf(found: Findings, span: OtlpSpan): string | null {
  const type = found.take('errorType')
  if (span.status.code !== ERROR) return type
  return (type === '_OTHER' ? null : type) ?? exceptionIn(span.events) ?? '_OTHER'
}
