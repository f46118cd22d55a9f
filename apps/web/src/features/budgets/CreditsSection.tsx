import type { Credits } from '@atrium/contract'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { useAction, useSubmission } from '../../api/use-action.ts'
import { formatMoment, formatUsd } from '../../format.ts'
import {
  Button,
  Dialog,
  ErrorState,
  Notice,
  Select,
  SkeletonRows,
  Switch,
  TextField,
} from '../../ui/index.ts'
import { nanoUsdOf } from '../gateway/money.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'

/** The prepaid balance of the workspace; owners decide about it, others see it. */
export function CreditsSection() {
  const { workspace } = useSession()
  const { data, error, refetch } = useQuery(consoleQueries.credits(workspace.id))
  const [granting, setGranting] = useState(false)
  const isOwner = workspace.role === 'owner'
  return (
    <PanelSection
      title="Credits"
      lead="A balance that is paid in advance. While it is in force, calls of the whole workspace spend no more than it holds."
      action={
        isOwner && (
          <Button icon="plus" onClick={() => setGranting(true)}>
            Grant credits
          </Button>
        )
      }
    >
      {!data && !error && <SkeletonRows rows={2} label="Reading the credits" />}
      {error && (
        <ErrorState title="The credits could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {data && <Balance credits={data} isOwner={isOwner} />}
      <Dialog open={granting} onClose={() => setGranting(false)} title="Grant credits" size="sm">
        <GrantForm onSaved={() => setGranting(false)} />
      </Dialog>
    </PanelSection>
  )
}

function Balance({ credits, isOwner }: { credits: Credits; isOwner: boolean }) {
  const workspaceId = useSession().workspace.id
  const { enabled, grantedNanoUsd, spentNanoUsd, heldNanoUsd, leftNanoUsd } = credits
  const set = useAction(
    (on: boolean) => call('updateCredits', { params: { workspaceId }, body: { enabled: on } }),
    [consoleQueries.budgets(workspaceId).queryKey],
  )
  const figures: [string, string][] = [
    ['Left', leftNanoUsd],
    ['Granted', grantedNanoUsd],
    ['Spent', spentNanoUsd],
    ['Held', heldNanoUsd],
  ]
  return (
    <div className="flex flex-col gap-3">
      {set.error && <ErrorState error={set.error} />}
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        {figures.map(([name, nanoUsd]) => (
          <div key={name} className="min-w-0">
            <dt className="text-13 text-muted">{name}</dt>
            <dd className="text-16 font-semibold break-words tabular-nums">{formatUsd(nanoUsd)}</dd>
          </div>
        ))}
      </dl>
      {isOwner ? (
        <div className="max-w-prose">
          <Switch
            label="Spend credits only"
            hint={
              enabled
                ? 'Calls are refused when nothing is left.'
                : 'Off: the balance limits nothing, and calls are paid for afterwards.'
            }
            checked={set.input ?? enabled}
            onChange={(on) => void set.run(on)}
          />
        </div>
      ) : (
        <p className="max-w-prose text-13 text-muted">
          {enabled
            ? 'It is in force: calls are refused when nothing is left.'
            : 'It is not in force: it limits nothing, and calls are paid for afterwards.'}
        </p>
      )}
      <Grants />
    </div>
  )
}

function Grants() {
  const { data } = useInfiniteQuery(consoleQueries.creditGrants(useSession().workspace.id))
  if (!data || data.length === 0) return null
  return (
    <details>
      <summary className="touch-target min-h-6 text-13 text-muted">
        {data.length === 1 ? 'One grant' : `The last ${data.length} grants`}
      </summary>
      <ul className="mt-1 max-w-prose text-13">
        {data.map(({ id, amountNanoUsd, createdAt }) => (
          <li key={id} className="flex flex-wrap justify-between gap-x-4 border-b border-line py-1">
            <span>{formatMoment(createdAt)}</span>
            <span className="tabular-nums">{formatUsd(amountNanoUsd)}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}

const directions = [
  { value: 'add', label: 'Add to the balance' },
  { value: 'take', label: 'Take from what is left' },
] as const

function GrantForm({ onSaved }: { onSaved: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [direction, setDirection] = useState<(typeof directions)[number]['value']>('add')
  const [amount, setAmount] = useState('')
  const [note, setNote] = useState('')
  const nanoUsd = nanoUsdOf(amount)
  const isWrong = amount !== '' && (nanoUsd === null || nanoUsd === '0')
  const { formProps, problem, problemOf, busy } = useSubmission(
    ['amountNanoUsd', 'note'],
    async (idempotencyKey) => {
      const body = {
        amountNanoUsd: `${direction === 'take' ? '-' : ''}${nanoUsd}`,
        ...(note.trim() === '' ? {} : { note: note.trim() }),
      }
      await call('grantCredits', { params: { workspaceId }, body }, { idempotencyKey })
      await client.invalidateQueries({ queryKey: consoleQueries.budgets(workspaceId).queryKey })
      onSaved()
    },
  )
  return (
    <form {...formProps} className="flex flex-col gap-4">
      {problem && <Notice tone="danger">{problem}</Notice>}
      <Select label="What to do" options={directions} value={direction} onValue={setDirection} />
      <TextField
        label="Amount in dollars"
        required
        inputMode="decimal"
        data-autofocus
        value={amount}
        error={isWrong ? 'Write dollars above 0, such as 50' : problemOf('amountNanoUsd')}
        onChange={(event) => setAmount(event.target.value)}
      />
      <TextField
        label="Note for the audit log"
        maxLength={500}
        value={note}
        error={problemOf('note')}
        onChange={(event) => setNote(event.target.value)}
      />
      <Button
        type="submit"
        variant="primary"
        busy={busy}
        disabled={isWrong || amount === ''}
        className="self-end"
      >
        {direction === 'add' ? 'Grant' : 'Take back'}
      </Button>
    </form>
  )
}
