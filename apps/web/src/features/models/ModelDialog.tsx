import type { Model } from '@atrium/contract'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { formatMs } from '../../format.ts'
import { paths } from '../../paths.ts'
import { CopyButton, Dialog, ErrorState, Switch } from '../../ui/index.ts'
import { ButtonLink } from '../routing/ButtonLink.tsx'
import { HealthState } from '../routing/HealthState.tsx'
import { ModelPrices } from './ModelPrices.tsx'
import { abilitiesOf } from './ModelTable.tsx'
import type { ModelFacts } from './use-catalogue.ts'

interface ModelDialogProps {
  /** Null when closed, or when the catalogue has no such model. */
  model: Model | null
  /** Which model the address names; null when none. */
  wantedId: string | null
  facts: ModelFacts
  onClose: () => void
}

/** All that is known of one model. */
export function ModelDialog({ model, wantedId, facts, onClose }: ModelDialogProps) {
  return (
    <Dialog
      open={wantedId !== null}
      onClose={onClose}
      title={model?.name ?? 'There is no such model'}
      size="lg"
    >
      {model ? (
        <Details model={model} facts={facts} />
      ) : (
        <p className="text-muted">
          The catalogue has no <span className="font-mono text-13 break-all">{wantedId}</span>. Its connection
          may have been deleted, or you may not see what is not offered.
        </p>
      )}
    </Dialog>
  )
}

function Details({ model, facts }: { model: Model; facts: ModelFacts }) {
  const { can } = useSession()
  const { id } = model
  const price = facts.prices.get(id)
  const health = facts.health.get(id)
  return (
    <div className="flex flex-col gap-6">
      <Facts model={model} />
      {health && (
        <p className="flex flex-wrap items-center gap-x-3 text-13">
          <HealthState health={health} nowMs={facts.healthReadAtMs} />
          <span className="text-muted">
            {health.firstTokenMs === null ? '' : `first token after ${formatMs(health.firstTokenMs)}, `}
            {health.attempts === 0
              ? 'no call in the last minute'
              : `${Math.round(health.errorRate * 100)} % of ${health.attempts} failed in the last minute`}
          </span>
        </p>
      )}
      {can('model:manage') && model.connectionId !== null && <Offered model={model} />}
      {price && <ModelPrices name={model.name} price={price} display={facts.display} />}
      <div className="flex flex-wrap gap-2 empty:hidden">
        {can('gateway:call') && (
          <ButtonLink to={paths.playground(id)} icon="play">
            Try it
          </ButtonLink>
        )}
        {can('usage:read') && price && (
          <ButtonLink to={paths.usage({ model: price.upstreamId })} icon="chart">
            Its usage
          </ButtonLink>
        )}
      </div>
    </div>
  )
}

function Facts({ model }: { model: Model }) {
  const { id, connectionName, contextTokens, maxOutputTokens } = model
  const tokens = (count: number | null) =>
    count === null ? 'unknown' : `${count.toLocaleString('en')} tokens`
  const facts: [string, ReactNode][] = [
    [
      'Call it',
      <span key="id" className="flex items-center gap-1">
        <span className="font-mono text-12 break-all">{id}</span>
        <CopyButton text={id} label="Copy the id" />
      </span>,
    ],
    ['Connection', connectionName],
    ['Abilities', abilitiesOf(model).join(', ') || 'text only'],
    ['Context window', tokens(contextTokens)],
    ['Longest answer', tokens(maxOutputTokens)],
  ]
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-1 text-13">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Offered({ model: { id, enabled, capabilities } }: { model: Model }) {
  const workspaceId = useSession().workspace.id
  const update = useAction(
    (offered: boolean) => call('updateModel', { params: { workspaceId }, body: { id, enabled: offered } }),
    [keys.models(workspaceId)],
  )
  return (
    <>
      <Switch
        label="Offered"
        hint={
          capabilities.chat
            ? 'People find it in the picker and programs may call it.'
            : 'Programs may call it at its own endpoint; it is not for chat.'
        }
        checked={update.input ?? enabled}
        onChange={(next) => void update.run(next)}
      />
      {update.error && <ErrorState error={update.error} />}
    </>
  )
}
