import type { AttributeValue, Origin, OtlpLog } from '@atrium/wire/otlp'
import { ofResource } from '../conventions/common.ts'
import { count, dollars, milliseconds, text, type Read } from '../conventions/values.ts'
import type { SpanTokens } from '../facts.ts'
import type { LogFacts } from './rows.ts'

/**
 * What a log record tells. Events of Claude Code and Codex use plain names such as `model`, which are read in theirs only.
 * Sources: https://code.claude.com/docs/en/monitoring-usage, https://developers.openai.com/codex/config-advanced (otel) with
 * https://github.com/openai/codex/tree/main/codex-rs/otel, https://opentelemetry.io/docs/specs/semconv/general/events/,
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
 */
export function factsOfLog(log: OtlpLog, { resource }: Origin): LogFacts {
  const event = eventOf(log)
  const isOfAgent = event !== null && /^(?:claude_code|codex)\./.test(event)
  const names: Names = isOfAgent ? ofAgents : common
  const find = <T>(read: Read<T>, from: readonly string[]): T | null => firstOf(log, read, from)
  return {
    event,
    service: find(text, ['service.name']) ?? ofResource(resource, 'service'),
    model: find(text, names.model),
    tool: find(text, names.tool),
    session: find(text, names.session) ?? ofResource(resource, 'session'),
    user: find(text, names.user) ?? ofResource(resource, 'user'),
    team: find(text, ['atrium.team']) ?? ofResource(resource, 'team'),
    project: find(text, ['atrium.project']) ?? ofResource(resource, 'project'),
    environment: find(text, names.environment) ?? ofResource(resource, 'environment'),
    version: find(text, names.version) ?? ofResource(resource, 'version'),
    durationNs: find(duration, names.duration),
    tokens: isOfAgent && log.attributes.has('input_tokens') ? ofAnthropic(log) : tokensOf(log, names),
    costNanoUsd: find(dollars, names.cost),
  }
}

const common = {
  model: ['gen_ai.response.model', 'gen_ai.request.model'],
  tool: ['gen_ai.tool.name'],
  session: ['gen_ai.conversation.id', 'session.id'],
  user: ['user.id', 'enduser.id'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  version: ['service.version'],
  duration: [],
  cost: ['gen_ai.usage.cost'],
  input: ['gen_ai.usage.input_tokens'],
  cacheRead: ['gen_ai.usage.cache_read.input_tokens'],
  cacheWrite: ['gen_ai.usage.cache_creation.input_tokens'],
  output: ['gen_ai.usage.output_tokens'],
  reasoning: ['gen_ai.usage.reasoning.output_tokens'],
}

/** Names of attributes for each fact, the first one counting most. */
type Names = Readonly<Record<keyof typeof common, readonly string[]>>

/** `user.id` is of an installation, the accounts are of a person; addresses come last, since they are redacted. */
const ofAgents = {
  ...common,
  model: ['model', ...common.model],
  tool: ['tool_name', ...common.tool],
  session: ['session.id', 'conversation.id'],
  user: ['user.account_uuid', 'user.account_id', 'user.id', 'user.email'],
  environment: ['env', ...common.environment],
  version: ['app.version', ...common.version],
  duration: ['duration_ms'],
  cost: ['cost_usd'],
  input: ['input_token_count'],
  cacheRead: ['cached_token_count'],
  output: ['output_token_count'],
  reasoning: ['reasoning_token_count'],
}

/** Claude Code names an event in full in the body, and without its own name in the attribute. */
function eventOf({ eventName, attributes, body }: OtlpLog): string | null {
  const told = eventName || text(attributes.get('event.name') ?? null)
  if (!told) return null
  return typeof body === 'string' && body.endsWith(`.${told}`) ? body : told
}

/** Anthropic's input leaves out what the cache is about, and reasoning is not told apart. */
const ofAnthropic = (log: OtlpLog): SpanTokens => ({
  input: firstOf(log, count, ['input_tokens']),
  cacheRead: firstOf(log, count, ['cache_read_tokens']),
  cacheWrite: firstOf(log, count, ['cache_creation_tokens']),
  output: firstOf(log, count, ['output_tokens']),
  reasoning: null,
})

/** All others count cached tokens as input and reasoning as output. */
function tokensOf(log: OtlpLog, names: Names): SpanTokens {
  const cacheRead = firstOf(log, count, names.cacheRead)
  const cacheWrite = firstOf(log, count, names.cacheWrite)
  const reasoning = firstOf(log, count, names.reasoning)
  const input = firstOf(log, count, names.input)
  const output = firstOf(log, count, names.output)
  return {
    input: without(input, (cacheRead ?? 0) + (cacheWrite ?? 0)),
    cacheRead,
    cacheWrite,
    output: without(output, reasoning ?? 0),
    reasoning,
  }
}

const without = (total: number | null, part: number): number | null =>
  total === null ? null : Math.max(0, total - part)

/** Milliseconds, also as digits, in nanoseconds. */
const duration: Read<bigint> = (value) =>
  milliseconds(typeof value === 'string' && value.trim() !== '' ? Number(value) : value)

function firstOf<T>({ attributes }: OtlpLog, read: Read<T>, names: readonly string[]): T | null {
  for (const name of names) {
    const value: AttributeValue | undefined = attributes.get(name)
    const told = value === undefined ? undefined : read(value)
    if (told !== undefined) return told
  }
  return null
}
