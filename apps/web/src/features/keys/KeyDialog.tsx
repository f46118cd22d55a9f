import type { ApiKey } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Reply } from '../../api/client.ts'
import { messageOf } from '../../api/error.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { Button, Dialog, Notice, TextField } from '../../ui/index.ts'
import { ScopedBudgets } from '../budgets/ScopedBudgets.tsx'
import { nanoUsdOf } from '../gateway/money.ts'
import { consoleQueries } from './console-queries.ts'
import { CreatedKey } from './CreatedKey.tsx'
import { expiryOf } from './key-expiry.ts'
import { type KeyFields, keyFieldsOf, settingsOf } from './key-form.ts'
import { KeyExpiry } from './KeyExpiry.tsx'
import { KeyBudget, KeyOwner, KeyRules, KeyScopes } from './KeyFieldset.tsx'

interface KeyDialogProps {
  /** `'new'`, the key to change, or null when closed. */
  target: ApiKey | 'new' | null
  onClose: () => void
}

export function KeyDialog({ target, onClose }: KeyDialogProps) {
  const apiKey = target === 'new' ? null : target
  return (
    <Dialog
      open={target !== null}
      onClose={onClose}
      title={apiKey ? `Change ${apiKey.name}` : 'Create an API key'}
    >
      {apiKey ? (
        <div className="flex flex-col gap-6">
          <KeyFacts apiKey={apiKey} />
          <KeyForm apiKey={apiKey} onSaved={onClose} />
          <ScopedBudgets scope="key" scopeId={apiKey.id} scopeName={apiKey.name} />
        </div>
      ) : (
        <NewKey onClose={onClose} />
      )}
    </Dialog>
  )
}

/** What of a key stays as it was made. */
const KeyFacts = ({ apiKey: { ownerName, createdByName, scopes } }: { apiKey: ApiKey }) => (
  <p className="text-13 break-words text-muted">
    {`It acts as ${ownerName}${createdByName === ownerName ? '' : `, and ${createdByName} made it`}. It may `}
    <span className="font-mono text-12">{scopes.join(', ')}</span>. For other permissions create another key.
  </p>
)

interface Created {
  apiKey: Reply<'createApiKey'>
  budgetProblem: string | null
}

function NewKey({ onClose }: { onClose: () => void }) {
  const [created, setCreated] = useState<Created | null>(null)
  if (created) return <CreatedKey {...created} onClose={onClose} />
  return <KeyForm apiKey={null} onSaved={setCreated} />
}

const shownFields = [
  'name',
  'expiresAt',
  'scopes',
  'ownerId',
  'teamId',
  'models',
  'limits.rpm',
  'limits.tpm',
  'limits.concurrency',
]

type KeyFormProps =
  | { apiKey: ApiKey; onSaved: () => void }
  | { apiKey: null; onSaved: (created: Created) => void }

function KeyForm({ apiKey, onSaved }: KeyFormProps) {
  const { can, workspace } = useSession()
  const client = useQueryClient()
  const [fields, setFields] = useState<KeyFields>(() => keyFieldsOf(apiKey, can))
  const change = (changes: Partial<KeyFields>) => setFields((now) => ({ ...now, ...changes }))
  const save = useSaveKey(fields)
  const { formProps, problem, problemOf, busy } = useSubmission(shownFields, async (idempotencyKey) => {
    if (apiKey) await save.change(apiKey.id, idempotencyKey)
    const created = apiKey ? null : await save.create(idempotencyKey)
    await client.invalidateQueries({ queryKey: keys.apiKeys(workspace.id) })
    if (apiKey) onSaved()
    else if (created) onSaved(created)
  })
  const part = { fields, change, problemOf }
  const isReady = apiKey !== null || (fields.scopes.size > 0 && isBudget(fields.budget))
  return (
    <form {...formProps} className="flex flex-col gap-4">
      {problem && <Notice tone="danger">{problem}</Notice>}
      <TextField
        label="Name"
        required
        maxLength={100}
        data-autofocus
        placeholder="What uses it"
        value={fields.name}
        error={problemOf('name')}
        onChange={(event) => change({ name: event.target.value })}
      />
      {!apiKey && <KeyOwner {...part} />}
      {!apiKey && <KeyScopes {...part} />}
      <KeyExpiry {...fields} expiresAt={apiKey?.expiresAt} change={change} error={problemOf('expiresAt')} />
      <KeyRules {...part} />
      {!apiKey && <KeyBudget {...part} />}
      <div className="form-actions">
        <Button type="submit" variant="primary" busy={busy} disabled={!isReady}>
          {apiKey ? 'Save' : 'Create key'}
        </Button>
      </div>
    </form>
  )
}

const isBudget = (text: string): boolean => text.trim() === '' || nanoUsdOf(text) !== null

function useSaveKey(fields: KeyFields) {
  const { workspace, person } = useSession()
  const client = useQueryClient()
  const params = { workspaceId: workspace.id }
  const settings = settingsOf(fields)
  const { lifetime, day, scopes, ownerId } = fields
  const expires = () => (lifetime === 'keep' ? {} : { expiresAt: expiryOf(lifetime, day, Date.now()) })
  const giveBudget = async (apiKey: ApiKey, limitNanoUsd: string) => {
    const { timeZone } = await client.ensureQueryData(consoleQueries.money(workspace.id))
    const { budgetPeriod: period } = fields
    const budget = {
      name: apiKey.name,
      scopeId: apiKey.id,
      limitNanoUsd,
      alertPercents: [80],
      period,
      timeZone,
    }
    await call('createBudget', { params, body: { ...budget, scope: 'key' } })
    await client.invalidateQueries({ queryKey: consoleQueries.budgets(workspace.id).queryKey })
  }
  return {
    change: (keyId: string, idempotencyKey: string) =>
      call(
        'updateApiKey',
        { params: { ...params, keyId }, body: { ...settings, ...expires() } },
        { idempotencyKey },
      ),
    create: async (idempotencyKey: string): Promise<Created> => {
      const owner = ownerId === '' || ownerId === person.id ? {} : { ownerId }
      const body = { ...settings, ...expires(), ...owner, scopes: [...scopes] }
      const apiKey = await call('createApiKey', { params, body }, { idempotencyKey })
      const limitNanoUsd = nanoUsdOf(fields.budget)
      if (limitNanoUsd === null) return { apiKey, budgetProblem: null }
      // The key is there whatever becomes of its budget, and its secret is shown only now.
      const budgetProblem = await giveBudget(apiKey, limitNanoUsd).then(() => null, messageOf)
      return { apiKey, budgetProblem }
    },
  }
}
