import type { Attributes, AttributeValue } from '@atrium/wire/otlp'
import { common } from './common.ts'
import { FlatMessages } from './flat-messages.ts'
import { genAi } from './gen-ai.ts'
import { langfuse } from './langfuse.ts'
import { openInference, openInferenceForms } from './openinference.ts'
import { openLlmetry, openLlmetryForms } from './openllmetry.ts'
import { ruleTable, type ConventionName, type Field, type FieldValues, type Rule } from './rules.ts'
import { vercelAi } from './vercel-ai.ts'

/** Where two conventions tell one field, the earlier one counts. */
const RULES = ruleTable([
  { name: 'gen_ai', rules: genAi },
  { name: 'vercel_ai', rules: vercelAi },
  { name: 'langfuse', rules: langfuse },
  { name: 'openinference', rules: openInference },
  { name: 'openllmetry', rules: openLlmetry },
  { name: null, rules: common },
])

const FORMS = [...openInferenceForms, ...openLlmetryForms]

/** The most particular first: all of them may carry names of OpenTelemetry beside their own. */
const CONVENTIONS: readonly ConventionName[] = [
  'vercel_ai',
  'langfuse',
  'openinference',
  'openllmetry',
  'gen_ai',
]

/** First words of names that show a convention even where nothing is read from the attribute. */
const FAMILIES: ReadonlyMap<string, ConventionName> = new Map<string, ConventionName>([
  ['gen_ai', 'gen_ai'],
  ['mcp', 'gen_ai'],
  ['openinference', 'openinference'],
  ['traceloop', 'openllmetry'],
])

interface Hit {
  readonly rule: Rule
  readonly name: string
  readonly value: AttributeValue
}

/**
 * The attributes of one span sorted by what they tell. Each is either taken by a field or ends in `rest`, also when
 * it cannot be read or when another one tells the same field differently.
 */
export class Findings {
  readonly convention: ConventionName | null
  readonly rest = new Map<string, AttributeValue>()
  readonly #hits = new Map<Field, Hit[]>()
  readonly #marked = new Set<ConventionName>()
  #input: FlatMessages | null = null
  #output: FlatMessages | null = null

  constructor(attributes: Attributes) {
    for (const [name, value] of attributes) this.#sort(name, value)
    this.convention = CONVENTIONS.find((name) => this.#marked.has(name)) ?? null
  }

  /** Takes what the best attribute of a field tells; the others go to `rest` unless they tell the same. */
  take<F extends Field>(field: F): FieldValues[F] | null {
    const hits = this.#hits.get(field)
    if (hits === undefined) return null
    this.#hits.delete(field)
    if (hits.length > 1) hits.sort((left, right) => left.rule.rank - right.rule.rank)
    let told: unknown
    for (const hit of hits) {
      const value = told !== undefined && isContent(told) ? undefined : this.#read(hit)
      told ??= value
      if (value === undefined || value !== told || isLossy(hit.value, value))
        this.rest.set(hit.name, hit.value)
    }
    return (told as FieldValues[F] | undefined) ?? null // its rules read this field's values, see `tell`
  }

  /** What `take` would give, without taking it. */
  peek<F extends Field>(field: F): FieldValues[F] | null {
    const best = this.#hits.get(field)?.toSorted((left, right) => left.rule.rank - right.rule.rank)
    for (const hit of best ?? []) {
      const value = this.#read(hit)
      if (value !== undefined) return value as FieldValues[F] // as in `take`
    }
    return null
  }

  /** Whether anything tells what a model wrote, in tokens or in messages. */
  tellsCompletion(): boolean {
    const fields = ['completionTokens', 'usage', 'outputMessages', 'responseText'] as const
    return this.#output !== null || fields.some((field) => this.#hits.has(field))
  }

  /** Takes all that tells a field that adds up. */
  takeAll<F extends Field>(field: F): FieldValues[F][] {
    const hits = this.#hits.get(field) ?? []
    this.#hits.delete(field)
    return hits.flatMap((hit) => {
      const value = this.#read(hit)
      if (value === undefined) this.rest.set(hit.name, hit.value)
      return value === undefined ? [] : [value as FieldValues[F]] // as in `take`
    })
  }

  /** Takes messages that are spread over attributes. */
  takeFlat(direction: 'input' | 'output'): FlatMessages | null {
    const flat = direction === 'input' ? this.#input : this.#output
    if (direction === 'input') this.#input = null
    else this.#output = null
    return flat
  }

  /** Gives all that nothing has taken, and the attributes that were never known. */
  finish(): Attributes {
    for (const hits of this.#hits.values()) for (const { name, value } of hits) this.rest.set(name, value)
    for (const flat of [this.#input, this.#output]) {
      for (const [name, value] of flat?.taken ?? []) this.rest.set(name, value)
    }
    return this.rest
  }

  #sort(name: string, value: AttributeValue): void {
    const rule = RULES.get(name)
    if (rule === undefined) {
      if (!this.#addFlat(name, value)) this.#keep(name, value)
      return
    }
    if (rule.marks && rule.convention !== null) this.#marked.add(rule.convention)
    const hits = this.#hits.get(rule.field)
    if (hits === undefined) this.#hits.set(rule.field, [{ rule, name, value }])
    else hits.push({ rule, name, value })
  }

  #keep(name: string, value: AttributeValue): void {
    this.rest.set(name, value)
    const dot = name.indexOf('.')
    const family = dot < 0 ? undefined : FAMILIES.get(name.slice(0, dot))
    if (family !== undefined) this.#marked.add(family)
  }

  #addFlat(name: string, value: AttributeValue): boolean {
    if (!name.startsWith('llm.') && !name.startsWith('gen_ai.')) return false
    const form = FORMS.find(({ prefix }) => name.startsWith(prefix))
    if (form === undefined) return false
    const flat = this.#flat(form.direction)
    if (!flat.add(form, name, value)) return false
    this.#marked.add(form.convention)
    return true
  }

  #flat(direction: 'input' | 'output'): FlatMessages {
    if (direction === 'input') return (this.#input ??= new FlatMessages())
    return (this.#output ??= new FlatMessages())
  }

  #read({ rule, value }: Hit): unknown {
    return rule.onlyThere && rule.convention !== this.convention ? undefined : rule.read(value)
  }
}

/** Messages and the like: comparing them would mean to parse them all. */
function isContent(told: unknown): boolean {
  return typeof told === 'object'
}

/** A name that stands for a broader one, and a cost in its parts, tell more than the field and are kept beside it. */
function isLossy(value: AttributeValue, told: unknown): boolean {
  if (typeof value !== 'string') return false
  return typeof told === 'string' ? value !== told : typeof told === 'bigint' && value.startsWith('{')
}
