import type { ApiKey, Permission } from '@atrium/contract'
import { hasRunOut } from './key-expiry.ts'
import { presets } from './key-form.ts'

/** Who looks at the keys. */
export interface KeyViewer {
  personId: string
  can: (permission: Permission) => boolean
}

/** Whether one may change a key: admins any, members those that they have made themselves. */
export const mayChange = ({ createdById }: ApiKey, { personId, can }: KeyViewer): boolean =>
  can('key:manage') && (can('member:manage') || createdById === personId)

/** Whether one may replace its secret, and so see the new one: nobody gets at more than they may do themselves. */
export function mayRotate(apiKey: ApiKey, viewer: KeyViewer, nowMs: number): boolean {
  const { ownerId, scopes, expiresAt } = apiKey
  const gateway: ReadonlySet<Permission> = new Set(presets.gateway)
  return (
    mayChange(apiKey, viewer) &&
    !hasRunOut(expiresAt, nowMs) &&
    scopes.every((scope) => viewer.can(scope) && (ownerId === viewer.personId || gateway.has(scope)))
  )
}
