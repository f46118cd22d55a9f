import type { Connection } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Loaded } from '../../api/Loaded.tsx'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { Button, EmptyState } from '../../ui/index.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { ConnectedNotice } from './ConnectedNotice.tsx'
import { ConnectionDialog } from './ConnectionDialog.tsx'
import { ConnectionRow } from './ConnectionRow.tsx'

export function Connections() {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(queries.connections(workspace.id))
  const [target, setTarget] = useState<Connection | 'new' | null>(null)
  const [newId, setNewId] = useState<string | null>(null)
  const add = (
    <Button icon="plus" size="sm" onClick={() => setTarget('new')}>
      Connect a provider
    </Button>
  )
  const manages = can('connection:manage')
  const connected = query.data?.find(({ id }) => id === newId)
  return (
    <PanelSection title="Connections" action={manages && query.data?.length ? add : null}>
      {connected && <ConnectedNotice key={newId} connection={connected} onDismiss={() => setNewId(null)} />}
      <Loaded
        query={query}
        what="connections"
        skeletonRows={3}
        empty={
          <EmptyState icon="plug" title="No provider is connected" action={manages && add}>
            Connect one with its API key, or a server of your own.
          </EmptyState>
        }
      >
        {(connections) => (
          <ul className="flex flex-col gap-2">
            {connections.map((connection) => (
              <ConnectionRow
                key={connection.id}
                connection={connection}
                manages={manages}
                edit={() => setTarget(connection)}
              />
            ))}
          </ul>
        )}
      </Loaded>
      <ConnectionDialog
        target={target}
        onClose={() => setTarget(null)}
        onConnected={({ id }) => setNewId(id)}
      />
    </PanelSection>
  )
}
