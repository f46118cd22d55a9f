import type { Rerating } from '@atrium/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { formatUsd } from '../../format.ts'
import { Button, Dialog, ErrorState, Notice, TextField } from '../../ui/index.ts'
import { modelQueries } from './model-queries.ts'

/** Which calls are to be rated again. */
export interface RerateSeed {
  modelPattern: string
  /** Null for every connection. */
  connectionId: string | null
  /** RFC 3339; null for the beginning of the month. */
  from: string | null
}

interface RerateDialogProps {
  /** Null when closed. */
  seed: RerateSeed | null
  onClose: () => void
}

/** Gives recorded calls the prices that are known today, and shows how far that is. */
export const RerateDialog = ({ seed, onClose }: RerateDialogProps) => (
  <Dialog open={seed !== null} onClose={onClose} title="Rate recorded calls again">
    {seed && <RerateContent seed={seed} onClose={onClose} />}
  </Dialog>
)

function RerateContent({ seed, onClose }: { seed: RerateSeed; onClose: () => void }) {
  const [started, setStarted] = useState<Rerating | null>(null)
  return started ? (
    <Progress started={started} onClose={onClose} />
  ) : (
    <RerateForm seed={seed} onStarted={setStarted} />
  )
}

function RerateForm({ seed, onStarted }: { seed: RerateSeed; onStarted: (run: Rerating) => void }) {
  const workspaceId = useSession().workspace.id
  const { modelPattern, connectionId } = seed
  const [from, setFrom] = useState(() => localDay(seed.from ? new Date(seed.from) : beginningOfMonth()))
  const [today] = useState(() => localDay(new Date()))
  const { formProps, problem, problemOf, busy } = useSubmission(['from', 'to'], async (idempotencyKey) => {
    const body = {
      modelPattern,
      connectionId,
      from: new Date(`${from}T00:00:00`).toISOString(),
      to: new Date().toISOString(),
    }
    onStarted(await call('createRerating', { params: { workspaceId }, body }, { idempotencyKey }))
  })
  return (
    <form {...formProps} className="flex flex-col gap-4">
      {problem && <Notice tone="danger">{problem}</Notice>}
      <p className="text-muted">
        Each call gets the price of its moment, as it is known today. Usage and budgets move by the
        difference, and every earlier cost stays on the record of the call.
      </p>
      <p className="text-13 break-words">
        Calls of <span className="font-mono text-12">{modelPattern}</span>
        {connectionId === null ? ' at every connection' : ' at this connection'}
      </p>
      <TextField
        label="Since"
        type="date"
        required
        max={today}
        data-autofocus
        className="sm:w-60"
        value={from}
        error={problemOf('from') ?? problemOf('to')}
        onChange={(event) => setFrom(event.target.value)}
      />
      <Button type="submit" variant="primary" busy={busy} className="self-end">
        Rate again
      </Button>
    </form>
  )
}

function Progress({ started, onClose }: { started: Rerating; onClose: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const query = useQuery(modelQueries.rerating(workspaceId, started.id))
  const run = query.data ?? started
  const hasEnded = run.status === 'finished' || run.status === 'failed'
  useEffect(() => {
    if (!hasEnded) return
    for (const subject of ['usage', 'budgets'])
      void client.invalidateQueries({ queryKey: [workspaceId, subject] })
  }, [hasEnded, client, workspaceId])
  return (
    <div className="flex flex-col gap-4">
      {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {hasEnded ? <Outcome run={run} /> : <Running run={run} />}
      <Button className="self-end" variant={hasEnded ? 'primary' : 'secondary'} onClick={onClose}>
        {hasEnded ? 'Done' : 'Close; it goes on'}
      </Button>
    </div>
  )
}

function Running({ run: { progress } }: { run: Rerating }) {
  const { total, done } = progress
  return (
    <div className="flex flex-col gap-1.5">
      <p>{`${done.toLocaleString('en')} of ${total.toLocaleString('en')} calls looked at…`}</p>
      <progress
        aria-label="Calls looked at"
        className="h-1.5 w-full accent-accent"
        max={Math.max(1, total)}
        value={done}
      />
    </div>
  )
}

function Outcome({ run }: { run: Rerating }) {
  const { done, changed, skipped } = run.progress
  const changes = `${changed.toLocaleString('en')} of ${done.toLocaleString('en')} calls changed`
  if (run.status === 'failed') {
    return (
      <Notice tone="danger" title="The re-rating stopped">
        {`${changes}. What was done stays; start it again for the rest.`}
      </Notice>
    )
  }
  return (
    <Notice tone="ok" title={changes}>
      <output>{differenceText(run.differenceNanoUsd)}</output>
      {skipped > 0 && (
        <p>{`${skipped.toLocaleString('en')} left alone, because their connection is gone.`}</p>
      )}
    </Notice>
  )
}

function differenceText(nanoUsd: string): string {
  const difference = BigInt(nanoUsd)
  if (difference === 0n) return 'Their costs add up to the same.'
  return difference > 0n
    ? `Together they cost ${formatUsd(nanoUsd)} more.`
    : `Together they cost ${formatUsd(String(-difference))} less.`
}

const beginningOfMonth = (): Date => {
  const now = new Date()
  return new Date(now.getFullYear(), now.getMonth(), 1)
}

/** A local date such as `2026-11-30`. */
const localDay = (date: Date): string => date.toLocaleDateString('sv-SE')
