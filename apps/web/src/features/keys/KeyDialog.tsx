import type { ApiKey } from '@atrium/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Reply } from '../../api/client.ts'
import { keys, queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { Button, CopyButton, Dialog, Notice, Select, TextField } from '../../ui/index.ts'
import { SecretField } from '../identity/settings/SecretField.tsx'
import { firstCall, type KeyFields, keyFieldsOf, settingsOf } from './key-form.ts'
import { KeyRules, KeyScopes } from './KeyFieldset.tsx'

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
      <KeyForm apiKey={apiKey} onClose={onClose} />
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
const shownFields = [
  'name',
  'expiresAt',
  'scopes',
  'teamId',
  'models',
  'limits.rpm',
  'limits.tpm',
  'limits.concurrency',
]

const expiryOf = (lifetime: Lifetime): string | null =>
  lifetime === 'never' ? null : new Date(Date.now() + Number(lifetime) * dayMs).toISOString()

function KeyForm({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const { workspace, can } = useSession()
  const client = useQueryClient()
  const [fields, setFields] = useState<KeyFields>(() => keyFieldsOf(apiKey, can))
  const [lifetime, setLifetime] = useState<Lifetime>('90')
  const [created, setCreated] = useState<Reply<'createApiKey'> | null>(null)
  const change = (changes: Partial<KeyFields>) => setFields((now) => ({ ...now, ...changes }))
  const submission = useSubmission(shownFields, async (idempotencyKey) => {
    const params = { workspaceId: workspace.id }
    const settings = settingsOf(fields)
    if (apiKey) {
      await call(
        'updateApiKey',
        { params: { ...params, keyId: apiKey.id }, body: settings },
        { idempotencyKey },
      )
    } else {
      const body = { ...settings, scopes: [...fields.scopes], expiresAt: expiryOf(lifetime) }
      setCreated(await call('createApiKey', { params, body }, { idempotencyKey }))
    }
    await client.invalidateQueries({ queryKey: keys.apiKeys(workspace.id) })
    if (apiKey) onClose()
  })
  if (created) return <CreatedKey apiKey={created} onClose={onClose} />
  const part = { fields, change, problemOf: submission.problemOf }
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <TextField
        label="Name"
        required
        maxLength={100}
        data-autofocus
        placeholder="What uses it"
        value={fields.name}
        error={submission.problemOf('name')}
        onChange={(event) => change({ name: event.target.value })}
      />
      {!apiKey && <KeyScopes {...part} />}
      {!apiKey && (
        <LifetimeSelect value={lifetime} onValue={setLifetime} error={submission.problemOf('expiresAt')} />
      )}
      <KeyRules {...part} />
      <Button
        type="submit"
        variant="primary"
        busy={submission.busy}
        disabled={!apiKey && fields.scopes.size === 0}
        className="self-end"
      >
        {apiKey ? 'Save' : 'Create key'}
      </Button>
    </form>
  )
}

interface LifetimeProps {
  value: Lifetime
  onValue: (value: Lifetime) => void
  error: string | null
}

const LifetimeSelect = (props: LifetimeProps) => (
  <Select label="Runs out after" options={lifetimes} {...props} />
)

function CreatedKey({ apiKey, onClose }: { apiKey: Reply<'createApiKey'>; onClose: () => void }) {
  const { data: models = [] } = useQuery(queries.models(useSession().workspace.id))
  const model = models.find(({ label }) => label === null)?.id ?? models[0]?.id ?? 'atrium/guide'
  const snippet = firstCall(location.origin, apiKey.secret, model)
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warn" title="Copy it now">
        The key is shown this once. If it is lost, revoke it and create another.
      </Notice>
      <SecretField label={apiKey.name} value={apiKey.secret} />
      {apiKey.scopes.includes('gateway:call') && (
        <section aria-label="A first call" className="flex flex-col gap-1.5">
          <div className="flex items-center justify-between">
            <h3 className="text-13 font-medium">A first call</h3>
            <CopyButton text={snippet} label="Copy the call" />
          </div>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
          <pre tabIndex={0} className="overflow-x-auto rounded-6 bg-sunken p-3 font-mono text-12">
            {snippet}
          </pre>
        </section>
      )}
      <Button variant="primary" className="self-end" onClick={onClose}>
        I have copied it
      </Button>
    </div>
  )
}
