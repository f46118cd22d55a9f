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
  const [health, setHealth] = useState<ConnectionHealth | null>(null)
  const provider = providerOf(draft.kind)
  const set = (change: Partial<Draft>) => {
    setDraft((now) => ({ ...now, ...change }))
    // A result speaks of what was tested, not of what is now in the form.
    if ('kind' in change || 'baseUrl' in change || 'apiKey' in change) setHealth(null)
  }
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
  const test = useAction(async () => setHealth(await testDraft(workspaceId, connection, draft)))
  const addressChanged = connection !== null && draft.baseUrl.trim() !== connection.baseUrl
  return { draft, set, provider, submission, test, health, addressChanged }
}

function draftOf(connection: Connection | null): Draft {
  if (!connection) return { kind: 'anthropic', name: '', baseUrl: '', apiKey: '' }
  const { kind, name, baseUrl } = connection
  return { kind, name, baseUrl, apiKey: '' }
}

function save(workspaceId: string, connection: Connection | null, draft: Draft, idempotencyKey: string) {
  const name = draft.name.trim() || providerOf(draft.kind).name
  const baseUrl = draft.baseUrl.trim()
  const secret = draft.apiKey.trim() ? { apiKey: draft.apiKey.trim() } : {}
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
  const apiKey = draft.apiKey.trim()
  const unchanged = connection && baseUrl === connection.baseUrl && !apiKey
  if (unchanged) return call('testConnection', { params: { workspaceId, connectionId: connection.id } })
  const body = { kind: draft.kind, ...(baseUrl ? { baseUrl } : {}), ...(apiKey ? { apiKey } : {}) }
  return call('testNewConnection', { params: { workspaceId }, body })
}
