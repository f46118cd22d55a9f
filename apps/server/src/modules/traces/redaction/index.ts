/**
 * Takes personal data and secrets out of telemetry before it is stored. Text is read in time linear in its length,
 * whatever it holds. See `rules.ts` for what is found, and `corpus/` for how well.
 */
import { compileCustom } from './custom.ts'
import { createTextRedactor, type RedactedText } from './redactor.ts'
import { enabledRules, type RedactionRules, type RuleName } from './rules.ts'
import { createSensitiveNames } from './sensitive-names.ts'
import { createValueRedactor } from './values.ts'

export {
  type BuiltInRule,
  type CustomRule,
  RedactionRuleError,
  type RedactionRules,
  type RuleName,
} from './rules.ts'
export type { RedactedText } from './redactor.ts'

/** Holds nothing of what it reads; one serves any number of texts. */
export interface Redactor {
  /** Replaces what is found by `[redacted:email]` and the like. Redacting the result changes nothing. */
  readonly text: (value: string) => RedactedText
  /**
   * The same through arrays, plain objects, maps (names too) and bytes, down to 64 levels; whatever has a name such as
   * `authorization`, `password` or `x-api-key` goes as a whole. The value is a tree, as JSON and OTLP decode to; the
   * very one is given back where nothing was found, and it is never changed itself.
   *
   * @param counts is added to: how often each rule found something
   */
  readonly value: (value: unknown, counts?: Map<RuleName, number>) => unknown
}

/** Every built-in rule that is on unless it is turned off, and no custom ones. */
export const defaultRules: RedactionRules = {}

/** What a custom rule may take for one text before the rest of the text goes as a whole. */
const customBudgetMs = 250

/**
 * @param options.now a clock in milliseconds, by which custom rules are held to their budget
 * @throws {RedactionRuleError} for a custom rule that cannot be used
 */
export function createRedactor(
  rules: RedactionRules,
  options: { readonly now?: () => number } = {},
): Redactor {
  const enabled = enabledRules(rules)
  const now = options.now ?? (() => performance.now())
  const custom = compileCustom(rules.custom ?? [], { budgetMs: customBudgetMs, now })
  const isSensitive = createSensitiveNames()
  const redactText = createTextRedactor(enabled, custom, isSensitive)
  return {
    text: (value) => redactText(value),
    value: createValueRedactor(redactText, enabled.has('secret') ? isSensitive : undefined),
  }
}
