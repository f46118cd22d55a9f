import type { AttributeValue } from '@atrium/wire/otlp'
import type { Operation, SpanFacts, SpanMessage, SpanTokens } from '../facts.ts'
import type { Read } from './values.ts'

export type ConventionName = NonNullable<SpanFacts['convention']>

/** What attributes may tell, and in which form their readers give it. */
export interface FieldValues {
  operation: Operation
  provider: string
  requestModel: string
  model: string
  agent: string
  tool: string
  /** The name of whatever the span is about: of an agent or a tool, when it is about one. */
  entity: string
  toolCallId: string
  session: string
  user: string
  team: string
  project: string
  environment: string
  version: string
  service: string
  errorType: string

  /** All input, cached or not. */
  promptTokens: number
  uncachedTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  /** All output, reasoning or not. */
  completionTokens: number
  textTokens: number
  reasoningTokens: number
  totalTokens: number
  /** All tokens at once, already apart by kind. */
  usage: SpanTokens

  costNanoUsd: bigint
  /** A part of the cost, which counts when no whole is told. */
  costPartNanoUsd: bigint

  firstTokenNs: bigint
  /** The moment of the first token, in nanoseconds since 1970. */
  firstTokenAtNs: bigint

  instructions: readonly SpanMessage[]
  inputMessages: readonly SpanMessage[]
  outputMessages: readonly SpanMessage[]
  /** Whatever went in: arguments of a tool, else messages. */
  input: AttributeValue
  output: AttributeValue
  toolArguments: unknown
  toolResult: unknown

  responseText: string
  responseReasoning: string
  responseToolCalls: AttributeValue
  finishReasons: readonly string[]
}

export type Field = keyof FieldValues

/** That an attribute tells a field, and how it is read. */
export interface Rule {
  readonly name: string
  readonly field: Field
  readonly read: Read<FieldValues[Field]>
  readonly convention: ConventionName | null
  /** Names so common that they count only in spans of their convention. */
  readonly onlyThere: boolean
  /** That the name alone shows by which convention the span was written. */
  readonly marks: boolean
  /** Of two attributes that tell one field, the one of the lower rank counts. */
  readonly rank: number
}

/** A rule before it has its place among the others. */
export type RuleDraft = Omit<Rule, 'rank' | 'convention'>

type Names = string | readonly string[]

/** One rule for every name, the first name counting most. */
export function tell<F extends Field>(field: F, read: Read<FieldValues[F]>, names: Names): RuleDraft[] {
  return [names].flat().map((name) => ({ name, field, read, onlyThere: false, marks: true }))
}

/** Of names that are used beside many conventions and show none. */
export function tellUnmarked<F extends Field>(field: F, read: Read<FieldValues[F]>, names: Names) {
  return tell(field, read, names).map((rule) => ({ ...rule, marks: false }))
}

/** Of names that mean something else elsewhere. */
export function tellOnlyThere<F extends Field>(field: F, read: Read<FieldValues[F]>, names: Names) {
  return tell(field, read, names).map((rule) => ({ ...rule, marks: false, onlyThere: true }))
}

/** Rules by name, ranked by their order. */
export function ruleTable(
  conventions: readonly { readonly name: ConventionName | null; readonly rules: readonly RuleDraft[] }[],
): ReadonlyMap<string, Rule> {
  const all = conventions.flatMap(({ name, rules }) => rules.map((rule) => ({ ...rule, convention: name })))
  return new Map(all.map((rule, rank) => [rule.name, { ...rule, rank }]))
}

/** A reader of names that stand for other names. */
export function oneOf<T>(values: Readonly<Record<string, T>>): Read<T> {
  const known = new Map(Object.entries(values))
  return (value) => (typeof value === 'string' ? known.get(value) : undefined)
}
