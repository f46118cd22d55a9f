import type { DisplayCurrency, ModelPrice, PriceOverride } from '@atrium/contract'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { formatDay } from '../../format.ts'
import { Badge, Button, ConfirmDialog, ErrorState, IconButton, SkeletonRows } from '../../ui/index.ts'
import { useAllPages } from '../routing/use-all-pages.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { modelQueries } from './model-queries.ts'
import { type OwnPrice, ownPricesOf, type OwnPriceState, whichText } from './own-prices.ts'
import { PriceDialog } from './PriceDialog.tsx'
import { PriceAmounts } from './PricePair.tsx'
import type { PricedModel } from './price-form.ts'
import { RerateDialog, type RerateSeed } from './RerateDialog.tsx'

interface OwnPricesProps {
  name: string
  model: PricedModel
  price: ModelPrice
  display: DisplayCurrency | null
}

/** The prices that the workspace has agreed itself, and what can be done about them. */
export function OwnPrices({ name, model, price, display }: OwnPricesProps) {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(modelQueries.ownPrices(workspace.id))
  useAllPages(query)
  const [edited, setEdited] = useState<PriceOverride | 'new' | null>(null)
  const [removed, setRemoved] = useState<PriceOverride | null>(null)
  const [rerated, setRerated] = useState<RerateSeed | null>(null)
  const manages = can('model:manage')
  const rates = can('budget:manage')
  const found = query.data && ownPricesOf(query.data, model, price.overrideId, query.dataUpdatedAt)
  if (!manages && !found?.length) return null
  return (
    <PanelSection
      title={manages ? 'Prices of your own' : 'Prices of the workspace'}
      action={
        manages && (
          <Button size="sm" icon="plus" onClick={() => setEdited('new')}>
            Set a price
          </Button>
        )
      }
    >
      {query.error && (
        <ErrorState
          error={query.error}
          title="Your own prices could not be read."
          onRetry={() => void query.refetch()}
        />
      )}
      {!found && !query.error && <SkeletonRows rows={1} label="Reading your own prices" />}
      {found && (
        <List
          found={found}
          model={model}
          display={display}
          {...(manages && { edit: setEdited, remove: setRemoved })}
        />
      )}
      {rates && (
        <RerateHint ask={() => setRerated({ ...model, modelPattern: model.upstreamId, from: null })} />
      )}
      <PriceDialog
        target={edited}
        name={name}
        model={model}
        current={price.sheet}
        display={display}
        onClose={() => setEdited(null)}
        onRerate={rates ? setRerated : null}
      />
      <RemoveDialog override={removed} onClose={() => setRemoved(null)} />
      <RerateDialog seed={rerated} onClose={() => setRerated(null)} />
    </PanelSection>
  )
}

const RerateHint = ({ ask }: { ask: () => void }) => (
  <p className="text-13 text-muted">
    Calls keep the price they were recorded with.{' '}
    <Button size="sm" variant="quiet" onClick={ask}>
      Rate recorded calls again
    </Button>
  </p>
)

interface RowProps {
  model: PricedModel
  display: DisplayCurrency | null
  /** Left out, as the next, for who may only look. */
  edit?: (override: PriceOverride) => void
  remove?: (override: PriceOverride) => void
}

const List = ({ found, ...row }: RowProps & { found: readonly OwnPrice[] }) =>
  found.length === 0 ? (
    <p className="text-13 text-muted">
      None. If you have agreed on another price, set it here; it takes the place of the published one.
    </p>
  ) : (
    <ul>
      {found.map((own) => (
        <OwnPriceRow key={own.override.id} own={own} {...row} />
      ))}
    </ul>
  )

const states: Readonly<Record<OwnPriceState, string>> = {
  counts: 'counts now',
  later: 'begins later',
  behind: 'does not count now',
}

function OwnPriceRow({ own, model, display, edit, remove }: RowProps & { own: OwnPrice }) {
  const { override, state } = own
  const { effectiveFrom, version, authorName, updatedAt, note } = override
  const since = `from ${formatDay(effectiveFrom)}`
  return (
    <li className="flex items-start gap-2 border-b border-line py-2 text-13">
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <PriceAmounts sheet={override.sheet} display={display} />
          <span className="text-muted">{since}</span>
          <Badge tone={state === 'counts' ? 'ok' : 'neutral'}>{states[state]}</Badge>
        </p>
        <p className="break-words text-muted">{whichText(override, model)}</p>
        <p className="text-12 break-words text-muted">
          {`Version ${version}, ${authorName ? `by ${authorName} ` : ''}on ${formatDay(updatedAt)}${note ? ` · ${note}` : ''}`}
        </p>
      </div>
      {edit && <IconButton icon="edit" label={`Change the price ${since}`} onClick={() => edit(override)} />}
      {remove && (
        <IconButton icon="trash" label={`Remove the price ${since}`} onClick={() => remove(override)} />
      )}
    </li>
  )
}

/** Asks before a price is removed; null when closed. */
function RemoveDialog({ override, onClose }: { override: PriceOverride | null; onClose: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const remove = async ({ id }: PriceOverride) => {
    await call('deletePriceOverride', { params: { workspaceId, overrideId: id } })
    await client.invalidateQueries({ queryKey: keys.models(workspaceId) })
  }
  return (
    <ConfirmDialog
      open={override !== null}
      onClose={onClose}
      title="Remove this price?"
      confirmLabel="Remove price"
      danger
      onConfirm={() => (override ? remove(override) : undefined)}
    >
      From now on calls cost the next price that fits: another one of your own, or the published one. Calls
      that have been recorded keep their cost until they are rated again.
    </ConfirmDialog>
  )
}
