import type { AuditEntry } from '@atrium/contract'
import { formatMoment, formatUsd } from '../../../format.ts'

/** Names by id, of whoever and whatever audit entries speak of. */
export type Names = ReadonlyMap<string, string>

/** What happened, where its code does not read well by itself. */
const sentences: Readonly<Record<string, string>> = {
  'alias.rolled-back': 'Alias taken back to an earlier version',
  'budget.alerted': 'Warning of a budget',
  'credits.granted': 'Credits changed',
  'credits.updated': 'Credits switched on or off',
  'installation.registration-changed': 'Sign-up changed',
  'installation.workspace-creation-changed': 'Who may create workspaces changed',
  'member.joined': 'Joined the workspace',
  'member.removed': 'Removed from the workspace',
  'member.role-changed': 'Role changed',
  'rate-limits.updated': 'Rate limits changed',
  're-rating.requested': 'Recorded calls rated again',
  'team.member-set': 'Added to a team, or role in it changed',
  'team.member-removed': 'Removed from a team',
}

/** What happened, as people say it: `key.rotated` is “Key rotated”. */
export function sentenceOf(action: string): string {
  const words = action.replaceAll(/[.-]/g, ' ')
  return sentences[action] ?? words.charAt(0).toUpperCase() + words.slice(1)
}

/** Names as entries gave them at their time; entries come newest first, and the newest name of each counts. */
export function namesIn(entries: readonly AuditEntry[], others: Names): Names {
  const names = new Map(others)
  for (const { actor, target, details } of entries.toReversed()) {
    const { name } = details
    if (actor.id !== null) names.set(actor.id, actor.name)
    if (target && typeof name === 'string') names.set(target.id, name)
  }
  return names
}

/** What it was done to: its name, else its id. Undefined where the sentence says it all. */
export function targetOf({ target, details }: AuditEntry, names: Names): string | undefined {
  if (!target || target.kind === 'workspace') return undefined
  const { name, email } = details
  const known = [name, email].find((text) => typeof text === 'string') ?? names.get(target.id)
  return known ?? (target.kind === 'model' ? target.id : `${wordsOf(target.kind)} ${target.id}`)
}

export interface Fact {
  readonly label: string
  readonly value: string
}

/** The details of an entry one by one, in words. The name of the target is told apart from them; what is not set is left out. */
export function factsOf({ details }: AuditEntry, names: Names): Fact[] {
  const { name: _, email: __, before, after, ...others } = details
  return [...changesOf(before, after, names), ...valuesOf(others, '', names)]
}

type Loose = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Only what has changed. */
function changesOf(before: unknown, after: unknown, names: Names, label = ''): Fact[] {
  if (before === undefined && after === undefined) return []
  if (isRecord(before) && isRecord(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return fields.flatMap((field) => changesOf(before[field], after[field], names, joined(label, field)))
  }
  const [from, to] = [before, after].map((value) => textOf(value, label, names))
  return from === to ? [] : [{ label: wordsOf(label), value: `${from} → ${to}` }]
}

const isUnset = (value: unknown): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0)

function valuesOf(record: Loose, prefix: string, names: Names): Fact[] {
  return Object.entries(record).flatMap(([field, value]): Fact[] => {
    if (isUnset(value)) return []
    const label = joined(prefix, field)
    if (!isRecord(value)) return [{ label: wordsOf(label), value: textOf(value, label, names) }]
    return 'before' in value && 'after' in value
      ? changesOf(value['before'], value['after'], names, label)
      : valuesOf(value, label, names)
  })
}

const joined = (prefix: string, field: string): string => (prefix === '' ? field : `${prefix} ${field}`)

/** `limitNanoUsd` is “limit”, `ownerId` “owner”. */
const wordsOf = (label: string): string =>
  label
    .replaceAll(/(NanoUsd|Id)\b/g, '')
    .replaceAll(/nanoUsd\b/g, 'amount')
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replaceAll('-', ' ')

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const isWhole = (text: string): boolean => /^-?\d+$/.test(text)

function textOf(value: unknown, label: string, names: Names): string {
  if (value === null || value === undefined || value === '') return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map((one) => textOf(one, label, names)).join(', ') || 'none'
  if (isRecord(value)) {
    const parts = valuesOf(value, '', names).map((fact) => `${fact.label} ${fact.value}`)
    return parts.join(', ') || 'none'
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (label === 'fields') return wordsOf(text)
  // Prices are in nano-dollars for a million tokens, or for a call.
  if (/nanoUsd$|\bsheet\b.*(base|rate|perCall)$/i.test(label) && isWhole(text)) return formatUsd(text)
  return moment.test(text) ? formatMoment(text) : (names.get(text) ?? text)
}
