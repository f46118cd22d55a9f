import type { AttributeValue } from '@atrium/wire/otlp'
import { seedModels, type PriceList, type SeedModel, type SeedModelName } from './models.ts'
import type { Random } from './random.ts'
import { incidentAt, type Incident } from './seasons.ts'
import type { Message } from './texts.ts'
import { fail, type OpenSpan, type Trace } from './trace.ts'

/** What spans of one run share. */
export interface RunSetting {
  readonly random: Random
  readonly incidents: readonly Incident[]
  readonly prices: PriceList
  /** How busy it is, from 0 to about 1: calls take longer then. */
  readonly load: number
  readonly trace: Trace
}

export interface ChatWish {
  readonly parent: OpenSpan
  readonly agent: string
  readonly model: SeedModelName
  readonly startMs: number
  readonly instructions: string
  readonly asked: readonly Message[]
  readonly answer: Message
  readonly inputTokens: number
  /** How many of them the provider may have kept from the call before. */
  readonly knownTokens: number
  readonly outputTokens: number
}

/** A call of a model; it may fail. */
export function chat(setting: RunSetting, wish: ChatWish): OpenSpan {
  const { random, trace, load } = setting
  const model: SeedModel = seedModels[wish.model]
  const span = trace.open(
    wish.parent,
    `chat ${model.id}`,
    wish.startMs,
    [
      ['gen_ai.operation.name', 'chat'],
      ['gen_ai.provider.name', model.provider],
      ['gen_ai.request.model', model.id],
      ['gen_ai.agent.name', wish.agent],
      ['gen_ai.system_instructions', JSON.stringify([{ type: 'text', content: wish.instructions }])],
      ['gen_ai.input.messages', JSON.stringify(wish.asked)],
    ],
    3,
  )
  const slowness = 1 + 0.5 * load
  const failure = failureOf(setting, model.provider, wish.startMs)
  if (failure !== null) {
    span.endMs += failure === 'timeout' ? random.between(28_000, 31_000) : random.around(260, 0.5)
    fail(span, failure)
    return span
  }
  const reasoning = random.chance(model.reasons) ? Math.round(random.around(380, 0.7)) : 0
  const readingMs = wish.inputTokens * 0.02
  const firstTokenMs = random.around(model.firstTokenMs, 0.35) * slowness + readingMs
  const output = wish.outputTokens + reasoning
  const writingMs = (output / random.around(model.tokensPerSecond, 0.2)) * 1000 * slowness
  span.endMs += firstTokenMs + writingMs
  const cached = cachedTokens(random, model, wish)
  const input = wish.inputTokens - cached.read - cached.written
  tell(span, [
    ['gen_ai.response.model', model.answeredAs],
    ['gen_ai.response.id', `resp_${random.hex(3)}`],
    ['gen_ai.response.finish_reasons', [wish.answer.finish_reason ?? 'stop']],
    ['gen_ai.response.time_to_first_chunk', Math.round(firstTokenMs * 1000) / 1e6],
    ['gen_ai.output.messages', JSON.stringify([wish.answer])],
    ['gen_ai.usage.input_tokens', wish.inputTokens],
    ['gen_ai.usage.output_tokens', output],
    ...(cached.read > 0 ? [['gen_ai.usage.cache_read.input_tokens', cached.read] as const] : []),
    ...(cached.written > 0 ? [['gen_ai.usage.cache_creation.input_tokens', cached.written] as const] : []),
    ...(reasoning > 0 ? [['gen_ai.usage.reasoning.output_tokens', reasoning] as const] : []),
  ])
  tellCost(setting, span, model, { input, output, ...cached })
  return span
}

/** Vectors for a text that is looked for. */
export function embed(setting: RunSetting, parent: OpenSpan, startMs: number, tokens: number): OpenSpan {
  const model = seedModels['text-embedding-3-small']
  const span = setting.trace.open(
    parent,
    `embeddings ${model.id}`,
    startMs,
    [
      ['gen_ai.operation.name', 'embeddings'],
      ['gen_ai.provider.name', model.provider],
      ['gen_ai.request.model', model.id],
      ['gen_ai.response.model', model.answeredAs],
      ['gen_ai.usage.input_tokens', tokens],
      ['gen_ai.embeddings.dimension.count', 1536],
    ],
    3,
  )
  span.endMs += setting.random.around(85, 0.4) * (1 + setting.load)
  tellCost(setting, span, model, { input: tokens, output: 0, read: 0, written: 0 })
  return span
}

interface Counted {
  readonly input: number
  readonly read: number
  readonly written: number
  readonly output: number
}

function tellCost(setting: RunSetting, span: OpenSpan, model: SeedModel, tokens: Counted): void {
  const prices = setting.prices(model, new Date(span.startMs))
  if (!prices) return
  const nano =
    tokens.input * prices.input +
    tokens.read * prices.cacheRead +
    tokens.written * prices.cacheWrite +
    tokens.output * prices.output
  span.attributes.set('gen_ai.usage.cost', Math.round(nano) / 1e9)
}

/** Beginnings of prompts that the provider has seen before cost less to read; some providers charge for keeping them. */
function cachedTokens(random: Random, model: SeedModel, { inputTokens, knownTokens }: ChatWish) {
  const least = 1024
  const hit = knownTokens >= least && random.chance(0.85)
  const read = hit ? Math.floor(Math.min(knownTokens, inputTokens) / 128) * 128 : 0
  const keeps = model.caches === 'reads-and-writes' && inputTokens - read >= least
  return { read, written: keeps ? Math.floor((inputTokens - read) * 0.8) : 0 }
}

const rareErrors = ['timeout', '503', 'context_length_exceeded', 'content_filter'] as const

function failureOf({ random, incidents }: RunSetting, provider: string, atMs: number): string | null {
  const incident = incidentAt(incidents, 'provider', provider, atMs)
  if (incident && random.chance(incident.severity)) return incident.errorType
  return random.chance(0.006) ? random.pick(rareErrors) : null
}

export function tell(span: OpenSpan, facts: readonly (readonly [string, AttributeValue])[]): void {
  for (const [name, value] of facts) span.attributes.set(name, value)
}
