import type { AuditEntry } from '@atrium/contract'
import { forbidden } from '#platform/errors'
import type { Caller } from '#platform/http'

type Actor = AuditEntry['actor']

/** How the audit log names a caller. */
export const actorOf = ({ kind, personId, credentialId, name }: Caller): Actor =>
  kind === 'key' ? { kind: 'key', id: credentialId, name } : personActor(personId, name)

export const personActor = (personId: string, name: string): Actor => ({ kind: 'person', id: personId, name })

export const systemActor: Actor = { kind: 'system', id: null, name: 'Atrium' }

/** @throws AppError 403 for API keys: what concerns the person as such asks for the person. */
export function refuseKeys(caller: Caller): void {
  if (caller.kind === 'key') throw forbidden('API keys cannot do this; sign in instead.')
}
