import { findAddresses } from './addresses.ts'
import { assignmentScanner, findAuthorization } from './assignments.ts'
import { findCards } from './cards.ts'
import { findUrlPasswords } from './connection-strings.ts'
import type { CustomScanner } from './custom.ts'
import { passagesOf, type Passage } from './digits.ts'
import { findEmails } from './emails.ts'
import { type Finding, mergeFindings, replaceFindings, type Scanner } from './findings.ts'
import { fold } from './folding.ts'
import { findIbans } from './ibans.ts'
import { findKeys, findWebhooks } from './keys.ts'
import { nationalIdScanner } from './national-ids.ts'
import { findPrivateKeys } from './pem.ts'
import { findPhones } from './phones.ts'
import type { BuiltInRule, RuleName } from './rules.ts'
import type { SensitiveNames } from './sensitive-names.ts'

export interface RedactedText {
  readonly text: string
  /** How often each rule found something; null when none did, and then the text is the very one that was given. */
  readonly found: ReadonlyMap<RuleName, number> | null
}

/** @param hint the name under which the text was found, if any */
export type TextRedactor = (text: string, hint?: string) => RedactedText

/** Nothing that any rule looks for is shorter: a password of one letter beside its name. */
const shortestText = 6
/** What is taken out may free what it hid; a text is read again until nothing is found. Two readings nearly always do. */
const mostReadings = 5

export function createTextRedactor(
  enabled: ReadonlySet<BuiltInRule>,
  custom: readonly CustomScanner[],
  isSensitive: SensitiveNames,
): TextRedactor {
  const find = findAll(builtInScanner(enabled, isSensitive), custom)
  const clean = new CleanTexts()
  return (text, hint = '') => {
    if (clean.has(text, hint)) return { text, found: null }
    let current = text
    let counts: Map<RuleName, number> | null = null
    for (let reading = 0; reading < mostReadings; reading++) {
      const findings = find(current, hint)
      if (findings.length === 0) break
      counts ??= new Map()
      for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1)
      current = replaceFindings(current, findings)
    }
    if (!counts) clean.add(text, hint)
    return { text: current, found: counts }
  }
}

/** Names of attributes, models and agents come again and again. */
const longestRemembered = 64
const mostRemembered = 4096

/** Short texts in which nothing was found, by the names under which they stood. */
class CleanTexts {
  readonly #byHint = new Map<string, Set<string>>()
  #count = 0

  has(text: string, hint: string): boolean {
    return text.length <= longestRemembered && this.#byHint.get(hint)?.has(text) === true
  }

  add(text: string, hint: string): void {
    if (text.length > longestRemembered || hint.length > longestRemembered) return
    if (this.#count >= mostRemembered) {
      this.#byHint.clear()
      this.#count = 0
    }
    this.#count += 1
    const known = this.#byHint.get(hint)
    if (known) known.add(text)
    else this.#byHint.set(hint, new Set([text]))
  }
}

/** As ids are written: random, and nobody's number. */
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

const findAll =
  (builtIn: (text: string, hint: string) => Finding[], custom: readonly CustomScanner[]) =>
  (text: string, hint: string): Finding[] => {
    const findings = text.length < shortestText ? [] : findBuiltIn(builtIn, text, hint)
    for (const scan of custom) for (const finding of scan(text)) findings.push(finding)
    return findings.length < 2 ? findings : mergeFindings(findings)
  }

/** Findings in the text itself, whatever form of it the scanners read. */
function findBuiltIn(scan: (text: string, hint: string) => Finding[], text: string, hint: string): Finding[] {
  if (text.length === 36 && uuid.test(text)) return []
  const folded = fold(text)
  if (!folded) return scan(text, hint)
  return scan(folded.text, hint).map((finding) => ({
    ...finding,
    ...folded.originOf(finding.start, finding.end),
  }))
}

function builtInScanner(
  enabled: ReadonlySet<BuiltInRule>,
  isSensitive: SensitiveNames,
): (text: string, hint: string) => Finding[] {
  const byRule: readonly (readonly [rule: BuiltInRule, scan: Scanner])[] = [
    ['secret', findKeys],
    ['secret', findWebhooks],
    ['secret', findPrivateKeys],
    ['secret', findUrlPasswords],
    ['secret', assignmentScanner(isSensitive)],
    ['secret', findAuthorization],
    ['email', findEmails],
    ['ip', findAddresses],
  ]
  const scanners = byRule.filter(([rule]) => enabled.has(rule)).map(([, scan]) => scan)
  const numberScanners = numberScannersOf(enabled)
  return (text, hint) => {
    const source = { text, hint }
    const findings: Finding[] = []
    for (const scan of scanners) for (const finding of scan(source)) findings.push(finding)
    if (numberScanners.length === 0) return findings
    for (const passage of passagesOf(source)) {
      for (const scan of numberScanners) for (const finding of scan(passage)) findings.push(finding)
    }
    return findings
  }
}

type NumberScanner = (passage: Passage) => Iterable<Finding>

function numberScannersOf(enabled: ReadonlySet<BuiltInRule>): NumberScanner[] {
  const scanners: NumberScanner[] = [nationalIdScanner(enabled)]
  if (enabled.has('card')) scanners.push(findCards)
  if (enabled.has('iban')) scanners.push(findIbans)
  if (enabled.has('phone')) scanners.push(findPhones)
  return scanners
}
