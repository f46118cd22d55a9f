import { builtInRules, type RuleName } from './rules.ts'

/** A piece of text that must go: `[start, end)` in UTF-16 units. */
export interface Finding {
  readonly rule: RuleName
  readonly start: number
  readonly end: number
  /** What takes its place, unless it is the usual mark. */
  readonly replacement?: string
}

/** What the scanners read. */
export interface Source {
  readonly text: string
  /** The name under which the text was found, where it has one: words near a number may confirm it. */
  readonly hint: string
}

/** Finds in linear time whatever one rule is about, in any order; never throws. */
export type Scanner = (source: Source) => Iterable<Finding>

/** What stands in place of a finding. No scanner finds anything in it, nor anything that begins before it. */
export const markOf = (rule: RuleName): string => `[redacted:${rule}]`

export const isMark = (text: string): boolean => /^\[redacted:[a-z0-9_]{1,32}\]$/.test(text)

const rank = new Map<RuleName, number>(builtInRules.map((rule, index) => [rule, index]))
const rankOf = ({ rule }: Finding): number => rank.get(rule) ?? builtInRules.length

/** Findings in order of the text and apart from each other: those that overlap become one, named by the longest. */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  const sorted = findings.toSorted((a, b) => a.start - b.start || b.end - a.end || rankOf(a) - rankOf(b))
  const merged: Finding[] = []
  for (const finding of sorted) {
    const last = merged.at(-1)
    if (last === undefined || finding.start >= last.end) merged.push(finding)
    else if (finding.end > last.end) merged[merged.length - 1] = union(last, finding)
  }
  return merged
}

function union(first: Finding, second: Finding): Finding {
  const longest = second.end - second.start > first.end - first.start ? second : first
  return { ...longest, start: first.start, end: second.end }
}

/** @param findings in order and apart from each other */
export function replaceFindings(text: string, findings: readonly Finding[]): string {
  const pieces: string[] = []
  let at = 0
  for (const { rule, start, end, replacement } of findings) {
    pieces.push(text.slice(at, start), replacement ?? markOf(rule))
    at = end
  }
  return pieces.join('') + text.slice(at)
}
