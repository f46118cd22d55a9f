import type { Connection, ConnectionHealth, ConnectionKind } from '@atrium/contract'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction, useSubmission } from '../../api/use-action.ts'
import { useQueryClient } from '@tanstack/react-query'
import { providerOf } from './providers.ts'

interface Draft {
  kind: ConnectionKind
  name: string
  baseUrl: string
  apiKey: string
}

const fields = ['name', 'baseUrl', 'apiKey', 'slug'] as const

/** State of the form for a new connection, or for a given one. */
export function useConnectionForm(connection: Connection | null, onSaved: (saved: Connection) => void) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [draft, setDraft] = useState<Draft>(() => draftOf(connection))
  const [tested, setTested] = useState<{ draft: Draft; health: ConnectionHealth } | null>(null)
  const provider = providerOf(draft.kind)
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: keys.connections(workspaceId) }),
      client.invalidateQueries({ queryKey: keys.models(workspaceId) }),
    ])
  const submission = useSubmission(fields, async (idempotencyKey) => {
    const saved = await save(workspaceId, connection, draft, idempotencyKey)
    await refresh()
    onSaved(saved)
  })
  const test = useAction(async () =>
    setTested({ draft, health: await testDraft(workspaceId, connection, draft) }),
  )
  const set = (change: Partial<Draft>) => {
    const next = changed(draft, change)
    if (!isSameTest(draft, next)) test.reset()
    setDraft(next)
  }
  // A result speaks of what was tested, not of what is now in the form.
  const health = tested && isSameTest(tested.draft, draft) ? tested.health : null
  const addressChanged = connection !== null && draft.baseUrl.trim() !== connection.baseUrl
  return { draft, set, provider, submission, test, health, addressChanged }
}

function draftOf(connection: Connection | null): Draft {
  if (!connection) return { kind: 'anthropic', name: '', baseUrl: '', apiKey: '' }
  const { kind, name, baseUrl } = connection
  return { kind, name, baseUrl, apiKey: '' }
}

/** An address belongs to one kind of provider: another one's key must not be sent there. */
function changed(draft: Draft, change: Partial<Draft>): Draft {
  const isOther = change.kind !== undefined && change.kind !== draft.kind
  return { ...draft, ...(isOther ? { baseUrl: '' } : {}), ...change }
}

const isSameTest = (a: Draft, b: Draft): boolean =>
  a.kind === b.kind && a.baseUrl === b.baseUrl && a.apiKey === b.apiKey

/** Nothing where the kind takes no key, whatever was typed for another kind. */
const keyOf = ({ kind, apiKey }: Draft): string => (providerOf(kind).key === 'none' ? '' : apiKey.trim())

function save(workspaceId: string, connection: Connection | null, draft: Draft, idempotencyKey: string) {
  const name = draft.name.trim() || providerOf(draft.kind).name
  const baseUrl = draft.baseUrl.trim()
  const apiKey = keyOf(draft)
  const secret = apiKey ? { apiKey } : {}
  if (!connection) {
    const body = { name, kind: draft.kind, ...(baseUrl ? { baseUrl } : {}), ...secret }
    return call('createConnection', { params: { workspaceId }, body }, { idempotencyKey })
  }
  // An unchanged address is left out: sending it would discard the stored key.
  const body = { name, ...(baseUrl && baseUrl !== connection.baseUrl ? { baseUrl } : {}), ...secret }
  const params = { workspaceId, connectionId: connection.id }
  return call('updateConnection', { params, body }, { idempotencyKey })
}

function testDraft(
  workspaceId: string,
  connection: Connection | null,
  draft: Draft,
): Promise<ConnectionHealth> {
  const baseUrl = draft.baseUrl.trim()
  const apiKey = keyOf(draft)
  const unchanged = connection && baseUrl === connection.baseUrl && !apiKey
  if (unchanged) return call('testConnection', { params: { workspaceId, connectionId: connection.id } })
  const body = { kind: draft.kind, ...(baseUrl ? { baseUrl } : {}), ...(apiKey ? { apiKey } : {}) }
  return call('testNewConnection', { params: { workspaceId }, body })
}
