import type { Connection, Model } from '@atrium/contract'
import { useState } from 'react'
import { useSession } from '../../api/session.tsx'
import { Button, ErrorState, Notice, Select, Spinner } from '../../ui/index.ts'
import { isDefaultMissing, isReal, suggestedModel } from './suggested-model.ts'
import { useArrivingModels } from './use-arriving-models.ts'
import { modelOptions, useChangeDefault } from './use-default-model.ts'

interface ConnectedNoticeProps {
  /** The connection that was just made, as it is now. */
  connection: Connection
  onDismiss: () => void
}

/** Says that a provider is connected, and offers one of its models as the default while there is none. */
export function ConnectedNotice({ connection, onDismiss }: ConnectedNoticeProps) {
  const { workspace, can } = useSession()
  const isIts = (model: Model) => model.connectionId === connection.id && isReal(model)
  const models = useArrivingModels(isIts, true)
  const its = models?.filter(isIts) ?? []
  const change = useChangeDefault()
  const chosen = models?.find(({ id }) => id === workspace.defaultModel)
  if (its.length === 0 && connection.health?.ok === false) {
    // Its row says why.
    return (
      <Notice
        tone="warn"
        title={`${connection.name} is added but does not answer yet`}
        action={<Dismiss onClick={onDismiss} />}
      />
    )
  }
  const offers = can('workspace:update') && isDefaultMissing(models ?? [], workspace.defaultModel)
  return (
    <Notice
      tone="ok"
      title={`${connection.name} is connected`}
      action={<Dismiss label={offers && its.length > 0 ? 'Not now' : 'Done'} onClick={onDismiss} />}
    >
      {its.length === 0 && (
        <p className="flex items-center gap-2 text-muted">
          <Spinner /> Reading its models…
        </p>
      )}
      {its.length > 0 && offers && <Offer models={its} change={change} />}
      {its.length > 0 && !offers && (
        <p>
          {change.done && chosen
            ? `New conversations begin with ${chosen.name}.`
            : `${its.length === 1 ? 'Its model' : `Its ${its.length} models`} can be chosen now.`}
        </p>
      )}
      {change.error && <ErrorState error={change.error} />}
    </Notice>
  )
}

const Dismiss = ({ label = 'Done', onClick }: { label?: string; onClick: () => void }) => (
  <Button size="sm" variant="quiet" onClick={onClick}>
    {label}
  </Button>
)

interface OfferProps {
  models: readonly Model[]
  change: ReturnType<typeof useChangeDefault>
}

function Offer({ models, change }: OfferProps) {
  const [picked, setPicked] = useState<string | null>(null)
  const value = picked ?? suggestedModel(models)?.id ?? ''
  return (
    <div className="flex flex-col gap-2">
      <p>New conversations still begin with the built-in guide. Let them begin with one of its models:</p>
      <div className="flex flex-wrap items-center gap-2">
        <Select
          label="Model"
          hideLabel
          className="min-w-48 flex-1"
          options={modelOptions(models, value)}
          value={value}
          onValue={setPicked}
        />
        <Button variant="primary" busy={change.busy} onClick={() => void change.run(value)}>
          Make it the default
        </Button>
      </div>
    </div>
  )
}
