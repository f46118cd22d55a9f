import type { Model } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useMemo, useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { keys, queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { Button, EmptyState, ErrorState, IconButton, Table, TextField } from '../../ui/index.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { catalogueColumns } from './catalogue-columns.tsx'
import { DefaultModel } from './DefaultModel.tsx'

const firstRows = 60

/** Every model that the connections bring: who it is, what it can, what it costs, and whether it may be chosen. */
export function Catalogue() {
  const { workspace, can } = useSession()
  const manages = can('model:manage')
  const query = useQuery(queries.models(workspace.id, manages))
  const [search, setSearch] = useState('')
  return (
    <PanelSection title="Catalogue">
      <Loaded
        query={query}
        what="models"
        empty={
          <EmptyState icon="network" title="There are no models yet">
            Connect a provider above; its models appear here.
          </EmptyState>
        }
      >
        {(models) => (
          <>
            <DefaultModel models={models} />
            {models.length > 8 && (
              <TextField
                label="Filter models"
                hideLabel
                type="search"
                placeholder="Filter by name or id"
                value={search}
                onChange={(event) => setSearch(event.target.value)}
                trailing={
                  search !== '' && (
                    <IconButton
                      icon="close"
                      size="sm"
                      label="Clear the filter"
                      onClick={() => setSearch('')}
                    />
                  )
                }
              />
            )}
            <ModelTable models={models} search={search} manages={manages} />
          </>
        )}
      </Loaded>
    </PanelSection>
  )
}

function ModelTable({ models, search, manages }: { models: Model[]; search: string; manages: boolean }) {
  const workspaceId = useSession().workspace.id
  const [all, setAll] = useState(false)
  const update = useAction(
    (body: { id: string; enabled: boolean }) => call('updateModel', { params: { workspaceId }, body }),
    [keys.models(workspaceId)],
  )
  const wanted = useDeferredValue(search.trim().toLowerCase())
  const found = useMemo(
    () => models.filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(wanted)),
    [models, wanted],
  )
  const columns = catalogueColumns({
    manages,
    pending: update.input,
    setEnabled: (id, enabled) => void update.run({ id, enabled }),
  })
  const rows = all ? found : found.slice(0, firstRows)
  return (
    <>
      {update.error && <ErrorState error={update.error} />}
      <Table caption="Models" columns={columns} rows={rows} rowKey={(model) => model.id} />
      {found.length === 0 && <p className="text-muted">No model matches “{search}”.</p>}
      {rows.length < found.length && (
        <div>
          <Button onClick={() => setAll(true)}>{`Show all ${found.length}`}</Button>
        </div>
      )}
    </>
  )
}
