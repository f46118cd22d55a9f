import type { Permission } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Reply } from '../../../api/client.ts'
import { permissions } from '../../../api/contract.gen.ts'
import { keys } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useSubmission } from '../../../api/use-action.ts'
import { Button, Checkbox, Dialog, Notice, Select, TextField } from '../../../ui/index.ts'
import { SecretField } from './SecretField.tsx'

export function CreateKeyDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Create an API key">
      <CreateKeyForm onClose={onClose} />
    </Dialog>
  )
}

const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'a year' },
  { value: 'never', label: 'no end' },
] as const
type Lifetime = (typeof lifetimes)[number]['value']

const dayMs = 86_400_000
const usualScopes: readonly Permission[] = [
  'model:read',
  'conversation:read',
  'conversation:write',
  'file:read',
  'file:write',
]

const expiryOf = (lifetime: Lifetime): string | null =>
  lifetime === 'never' ? null : new Date(Date.now() + Number(lifetime) * dayMs).toISOString()

function CreateKeyForm({ onClose }: { onClose: () => void }) {
  const { workspace, can } = useSession()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [lifetime, setLifetime] = useState<Lifetime>('90')
  const [scopes, setScopes] = useState<ReadonlySet<Permission>>(() => new Set(usualScopes.filter(can)))
  const [created, setCreated] = useState<Reply<'createApiKey'> | null>(null)
  const submission = useSubmission(['name', 'expiresAt', 'scopes'], async (idempotencyKey) => {
    const body = { name, scopes: [...scopes], expiresAt: expiryOf(lifetime) }
    const params = { workspaceId: workspace.id }
    setCreated(await call('createApiKey', { params, body }, { idempotencyKey }))
    await client.invalidateQueries({ queryKey: keys.apiKeys(workspace.id) })
  })
  if (created) return <CreatedKey apiKey={created} onClose={onClose} />
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <TextField
        label="Name"
        required
        maxLength={100}
        data-autofocus
        placeholder="What uses it"
        value={name}
        error={submission.problemOf('name')}
        onChange={(event) => setName(event.target.value)}
      />
      <Select
        label="Runs out after"
        options={lifetimes}
        value={lifetime}
        error={submission.problemOf('expiresAt')}
        onValue={setLifetime}
      />
      <Scopes chosen={scopes} onChosen={setScopes} problem={submission.problemOf('scopes')} />
      <Button
        type="submit"
        variant="primary"
        busy={submission.busy}
        disabled={scopes.size === 0}
        className="self-end"
      >
        Create key
      </Button>
    </form>
  )
}

interface ScopesProps {
  chosen: ReadonlySet<Permission>
  onChosen: (scopes: ReadonlySet<Permission>) => void
  problem: string | null
}

function Scopes({ chosen, onChosen, problem }: ScopesProps) {
  const { can } = useSession()
  const toggle = (scope: Permission) => onChosen(chosen.symmetricDifference(new Set([scope])))
  return (
    <fieldset>
      <legend className="text-13 font-medium">What it may do</legend>
      <p className="mb-2 text-13 text-muted">Only what it needs. You can give what you may do yourself.</p>
      {problem && <p className="text-13 text-danger">{problem}</p>}
      <div className="grid grid-cols-2 gap-x-4 gap-y-1">
        {permissions.filter(can).map((scope) => (
          <Checkbox
            key={scope}
            label={<span className="font-mono text-12">{scope}</span>}
            checked={chosen.has(scope)}
            onChange={() => toggle(scope)}
          />
        ))}
      </div>
    </fieldset>
  )
}

function CreatedKey({ apiKey, onClose }: { apiKey: Reply<'createApiKey'>; onClose: () => void }) {
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warn" title="Copy it now">
        The key is shown this once. If it is lost, revoke it and create another.
      </Notice>
      <SecretField label={apiKey.name} value={apiKey.secret} />
      <Button variant="primary" className="self-end" onClick={onClose}>
        I have copied it
      </Button>
    </div>
  )
}
