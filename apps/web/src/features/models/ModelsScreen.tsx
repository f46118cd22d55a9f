import type { Model } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { Loaded } from '../../api/Loaded.tsx'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { Button, EmptyState, ErrorState } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { PanelSection } from '../settings/Panel.tsx'
import { useOpenSettings } from '../shell/use-settings.ts'
import { AliasLinks } from './AliasLinks.tsx'
import { ConnectionHealth } from './ConnectionHealth.tsx'
import { ModelDialog } from './ModelDialog.tsx'
import { ModelFilterBar } from './ModelFilterBar.tsx'
import { ModelTable } from './ModelTable.tsx'
import { useFound, useModelFacts, useModelView } from './use-catalogue.ts'

/** Every model: who it is, what it can do, what it costs and where that price comes from, and whether it answers. */
export function ModelsScreen() {
  const { workspace, can } = useSession()
  const openSettings = useOpenSettings()
  const query = useQuery(queries.models(workspace.id, can('model:manage')))
  return (
    <ConsolePage
      title="Models"
      lead={
        can('connection:read')
          ? 'What can be called, what it can do and what it costs. Keys and connections are changed in the settings.'
          : 'What can be called, what it can do and what it costs.'
      }
      actions={
        can('connection:read') && (
          <Button icon="settings" onClick={() => openSettings('Models')}>
            Keys and connections
          </Button>
        )
      }
    >
      <PanelSection title="Catalogue">
        <Loaded query={query} what="models" empty={<NoModels />} skeletonRows={8}>
          {(models) => <Catalogue models={models} />}
        </Loaded>
      </PanelSection>
      <AliasLinks />
      {can('connection:read') && <ConnectionHealth />}
    </ConsolePage>
  )
}

function Catalogue({ models: all }: { models: readonly Model[] }) {
  const view = useModelView()
  const { facts, error, retry } = useModelFacts()
  const { filters, choose } = view
  const models = all.filter(({ alias }) => !alias)
  const found = useFound(models, filters, facts)
  // The guide is always there.
  const isBare = models.every(({ connectionId }) => connectionId === null)
  const opened = models.find(({ id }) => id === filters.model)
  return (
    <>
      {error && <ErrorState error={error} title="The prices could not be read." onRetry={retry} />}
      {!isBare && <ModelFilterBar models={models} found={found.length} view={view} />}
      <ModelTable models={found} facts={facts} open={(id) => choose({ model: id })} />
      {isBare && <NoModels />}
      <ModelDialog
        model={opened ?? null}
        wantedId={filters.model ?? null}
        facts={facts}
        onClose={() => choose({ model: '' })}
      />
    </>
  )
}

function NoModels() {
  const { can } = useSession()
  const openSettings = useOpenSettings()
  return (
    <EmptyState
      icon="plug"
      title="No provider is connected"
      action={
        can('connection:manage') && (
          <Button icon="plus" onClick={() => openSettings('Models')}>
            Connect a provider
          </Button>
        )
      }
    >
      {can('connection:manage')
        ? 'Its models, with their prices, appear here as soon as it is connected.'
        : 'An owner or an admin can connect one; its models appear here.'}
    </EmptyState>
  )
}
