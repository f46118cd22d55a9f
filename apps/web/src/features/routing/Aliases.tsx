import type { Alias } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { Dialog, EmptyState, TextField } from '../../ui/index.ts'
import { routingQueries } from './routing-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { AliasRow } from './AliasRow.tsx'
import { AliasVersions } from './AliasVersions.tsx'
import { RoutingPreview } from './RoutingPreview.tsx'
import { useAllPages } from './use-all-pages.ts'

const manyAliases = 8

/** Which dialog is open, and about which alias. */
export interface Shown {
  what: 'versions' | 'preview'
  alias: Alias
}

/** All aliases of the workspace. */
export function Aliases({ create }: { create: ReactNode }) {
  const query = useInfiniteQuery(routingQueries.aliases(useSession().workspace.id))
  useAllPages(query)
  const [shown, setShown] = useState<Shown | null>(null)
  const [wanted, setWanted] = useState('')
  return (
    <PanelSection title="Aliases">
      <Loaded
        query={query}
        what="aliases"
        empty={
          <EmptyState icon="branch" title="No aliases yet" action={create}>
            Name one “fast” or “smart” and change the models behind it without touching a program.
          </EmptyState>
        }
      >
        {(aliases) => (
          <>
            {aliases.length > manyAliases && (
              <TextField
                label="Filter aliases"
                hideLabel
                type="search"
                placeholder="Filter by name, description or model"
                value={wanted}
                onChange={(event) => setWanted(event.target.value)}
              />
            )}
            <AliasList aliases={aliases} wanted={wanted} show={setShown} />
          </>
        )}
      </Loaded>
      {shown && <ShownDialog shown={shown} onClose={() => setShown(null)} />}
    </PanelSection>
  )
}

interface AliasListProps {
  aliases: readonly Alias[]
  wanted: string
  show: (shown: Shown) => void
}

function AliasList({ aliases, wanted, show }: AliasListProps) {
  const text = wanted.trim().toLowerCase()
  const found = aliases.filter(({ name, description, policy }) =>
    `${name} ${description} ${JSON.stringify(policy)}`.toLowerCase().includes(text),
  )
  if (found.length === 0) return <p className="text-muted">No alias matches “{wanted}”.</p>
  return (
    <ul aria-label="Aliases">
      {found.map((alias) => (
        <AliasRow key={alias.id} alias={alias} show={show} />
      ))}
    </ul>
  )
}

function ShownDialog({ shown: { what, alias }, onClose }: { shown: Shown; onClose: () => void }) {
  const title = what === 'versions' ? `Versions of ${alias.name}` : `What ${alias.name} would choose`
  return (
    <Dialog open onClose={onClose} size="lg" title={title}>
      {what === 'versions' ? (
        <AliasVersions alias={alias} />
      ) : (
        <RoutingPreview subject={{ model: alias.name }} />
      )}
    </Dialog>
  )
}
