import type { Alias } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { Badge, Button, Dialog, EmptyState, IconButton } from '../../ui/index.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { AliasDialog } from './AliasDialog.tsx'
import { AliasVersions } from './AliasVersions.tsx'
import { ConsolePage } from './ConsolePage.tsx'
import { HealthTable } from './HealthTable.tsx'
import { isEditable, planText } from './policy-form.ts'
import { RoutingPreview } from './RoutingPreview.tsx'

type Shown = { what: 'editor'; alias: Alias | null } | { what: 'versions' | 'preview'; alias: Alias }

/** Names for models with the policies behind them, and how the models do right now. */
export function RoutingScreen() {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(consoleQueries.aliases(workspace.id))
  const [shown, setShown] = useState<Shown | null>(null)
  const close = () => setShown(null)
  const manages = can('model:manage')
  const create = manages && (
    <Button icon="plus" onClick={() => setShown({ what: 'editor', alias: null })}>
      New alias
    </Button>
  )
  return (
    <ConsolePage
      title="Routing"
      lead="An alias is a name that programs and people call; its policy decides which model answers."
      actions={query.data?.length ? create : null}
    >
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
            <ul aria-label="Aliases">
              {aliases.map((alias) => (
                <AliasRow key={alias.id} alias={alias} manages={manages} show={setShown} />
              ))}
            </ul>
          )}
        </Loaded>
      </PanelSection>
      <HealthTable />
      {shown?.what === 'editor' && <AliasDialog alias={shown.alias} onClose={close} />}
      {shown && shown.what !== 'editor' && (
        <Dialog
          open
          onClose={close}
          size="lg"
          title={
            shown.what === 'versions'
              ? `Versions of ${shown.alias.name}`
              : `What ${shown.alias.name} would choose`
          }
        >
          {shown.what === 'versions' ? (
            <AliasVersions alias={shown.alias} />
          ) : (
            <RoutingPreview model={shown.alias.name} />
          )}
        </Dialog>
      )}
    </ConsolePage>
  )
}

interface AliasRowProps {
  alias: Alias
  manages: boolean
  show: (shown: Shown) => void
}

function AliasRow({ alias, manages, show }: AliasRowProps) {
  const { name, description, enabled, version, problems, policy } = alias
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line py-2.5">
      <div className="min-w-0 flex-[1_1_18rem]">
        <p className="font-medium break-all">
          <span className="font-mono text-13">{name}</span> {!enabled && <Badge>off</Badge>}
        </p>
        {description && <p className="text-13 break-words text-muted">{description}</p>}
        <p className="text-13 break-words text-muted">{planText(policy)}</p>
        {problems.map((problem) => (
          <p key={problem} className="text-13 text-warn">
            {problem}
          </p>
        ))}
      </div>
      <div className="flex flex-wrap items-center gap-1">
        <Button size="sm" onClick={() => show({ what: 'preview', alias })}>
          Preview<span className="sr-only"> {name}</span>
        </Button>
        <Button size="sm" onClick={() => show({ what: 'versions', alias })}>
          {`Version ${version}`}
          <span className="sr-only"> of {name}, show all</span>
        </Button>
        {manages && (
          <IconButton
            icon="edit"
            label={isEditable(policy) ? `Change ${name}` : 'A/B policies are changed through the API'}
            disabled={!isEditable(policy)}
            onClick={() => show({ what: 'editor', alias })}
          />
        )}
      </div>
    </li>
  )
}
