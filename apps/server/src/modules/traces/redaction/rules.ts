import { AppError } from '#platform/errors'

/**
 * The rules that come with Atrium, strongest first: of two that find the very same text the earlier one names it.
 * `secret` covers keys and tokens of known providers, passwords beside their names, headers and connection strings.
 */
export const builtInRules = [
  'secret',
  'email',
  'iban',
  'card',
  'ch_ahv',
  'fr_nir',
  'it_fiscal_code',
  'es_dni',
  'uk_nino',
  'us_ssn',
  'de_tax_id',
  'nl_bsn',
  'br_cpf',
  'in_aadhaar',
  'phone',
  'ip',
] as const

export type BuiltInRule = (typeof builtInRules)[number]

/** A built-in rule, the name of a custom one, or `depth` for what was nested too deep to be read. */
export type RuleName = string

/** A workspace's own rule. */
export interface CustomRule {
  /** 1–32 lower-case letters, digits and `_`, beginning with a letter; not the name of a built-in rule. */
  readonly name: string
  /** RE2 syntax (https://github.com/google/re2/wiki/Syntax), 1–500 characters; must not match the empty text. */
  readonly pattern: string
  /** Literal text, at most 100 characters; `[redacted:name]` unless given. The pattern must not match it. */
  readonly replacement?: string
}

export interface RedactionRules {
  /** Rules that are not named keep their default: all on except `ip`. */
  readonly builtIn?: Readonly<Partial<Record<BuiltInRule, boolean>>>
  /** At most 50. */
  readonly custom?: readonly CustomRule[]
}

const offUnlessAsked: ReadonlySet<BuiltInRule> = new Set<BuiltInRule>(['ip'])

/** The built-in rules that are on. */
export function enabledRules({ builtIn = {} }: RedactionRules): ReadonlySet<BuiltInRule> {
  return new Set(builtInRules.filter((rule) => builtIn[rule] ?? !offUnlessAsked.has(rule)))
}

/** A custom rule that cannot be used; `details.rule` is its name. */
export class RedactionRuleError extends AppError {
  constructor(rule: string, message: string, cause?: unknown) {
    super('INVALID_REDACTION_RULE', message, { status: 422, details: { rule }, cause })
    this.name = 'RedactionRuleError'
  }
}
