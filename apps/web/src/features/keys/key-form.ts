import type { ApiKey, BudgetPeriod, KeyLimits, Permission } from '@atrium/contract'
import type { Lifetime } from './key-expiry.ts'

/** Ready sets of permissions. */
export const presets = {
  gateway: ['gateway:call', 'model:read', 'usage:read'],
  chat: ['model:read', 'conversation:read', 'conversation:write', 'file:read', 'file:write'],
} as const satisfies Record<string, readonly Permission[]>
export type Preset = keyof typeof presets | 'own'

/** What the form of a key holds, as people type it. */
export interface KeyFields {
  name: string
  preset: Preset
  scopes: ReadonlySet<Permission>
  /** Whose rights it has; empty for whoever makes it. */
  ownerId: string
  lifetime: Lifetime
  /** A local date such as `2026-11-30`, used when the lifetime is `day`. */
  day: string
  teamId: string
  /** One model or pattern a line; nothing allows all. */
  models: string
  rpm: string
  tpm: string
  concurrency: string
  /** Dollars that a new key may spend in each period; empty for no budget of its own. */
  budget: string
  budgetPeriod: BudgetPeriod
}

export const keyFieldsOf = (key: ApiKey | null, can: (scope: Permission) => boolean): KeyFields => ({
  name: key?.name ?? '',
  preset: 'gateway',
  scopes: new Set(presets.gateway.filter(can)),
  ownerId: '',
  lifetime: key ? 'keep' : '90',
  day: '',
  teamId: key?.teamId ?? '',
  models: key?.models?.join('\n') ?? '',
  rpm: String(key?.limits.rpm ?? ''),
  tpm: String(key?.limits.tpm ?? ''),
  concurrency: String(key?.limits.concurrency ?? ''),
  budget: '',
  budgetPeriod: 'month',
})

/** The part of a key that may be changed later, as the API takes it. */
export function settingsOf(fields: KeyFields): {
  name: string
  teamId: string | null
  models: string[] | null
  limits: KeyLimits
} {
  const models = fields.models
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return {
    name: fields.name.trim(),
    teamId: fields.teamId === '' ? null : fields.teamId,
    models: models.length === 0 ? null : models,
    limits: { rpm: limitOf(fields.rpm), tpm: limitOf(fields.tpm), concurrency: limitOf(fields.concurrency) },
  }
}

const limitOf = (text: string): number | null => (text.trim() === '' ? null : Number(text))

/** Limits in a few words; null when there are none. */
export function limitsText({ rpm, tpm, concurrency }: KeyLimits): string | null {
  const parts = [
    rpm === null ? null : `${rpm.toLocaleString('en')} requests/min`,
    tpm === null ? null : `${tpm.toLocaleString('en')} tokens/min`,
    concurrency === null ? null : `${concurrency.toLocaleString('en')} at once`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : parts.join(', ')
}

/** A first call with a new key. */
export const firstCall = (origin: string, secret: string, model: string): string =>
  `curl ${origin}/v1/chat/completions \\
  -H 'Authorization: Bearer ${secret}' \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`
