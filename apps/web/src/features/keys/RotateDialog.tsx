import type { ApiKey } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Reply } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { formatMoment } from '../../format.ts'
import { Button, Dialog, Notice, Select } from '../../ui/index.ts'
import { SecretField } from '../identity/settings/SecretField.tsx'

/** For how long the old secret goes on to open, in seconds. */
const graces = [
  { value: '0', label: 'no longer: it stops at once' },
  { value: '300', label: 'for five minutes' },
  { value: '3600', label: 'for an hour' },
  { value: '86400', label: 'for a day' },
  { value: '604800', label: 'for a week' },
] as const
type Grace = (typeof graces)[number]['value']

interface RotateDialogProps {
  /** Null when closed. */
  apiKey: ApiKey | null
  onClose: () => void
}

/** Gives a key another secret, which is shown this once. */
export function RotateDialog({ apiKey, onClose }: RotateDialogProps) {
  const [rotated, setRotated] = useState<Reply<'rotateApiKey'> | null>(null)
  const close = () => {
    setRotated(null)
    onClose()
  }
  return (
    <Dialog
      open={apiKey !== null}
      onClose={close}
      title={rotated ? 'Copy the new secret' : `Replace the secret of ${apiKey?.name ?? 'key'}?`}
    >
      {rotated ? (
        <NewSecret rotated={rotated} onClose={close} />
      ) : (
        apiKey && <RotateForm apiKey={apiKey} onClose={close} onRotated={setRotated} />
      )}
    </Dialog>
  )
}

interface RotateFormProps {
  apiKey: ApiKey
  onClose: () => void
  onRotated: (rotated: Reply<'rotateApiKey'>) => void
}

function RotateForm({ apiKey, onClose, onRotated }: RotateFormProps) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [grace, setGrace] = useState<Grace>('86400')
  const { formProps, problem, problemOf, busy } = useSubmission(['graceSeconds'], async (idempotencyKey) => {
    const params = { workspaceId, keyId: apiKey.id }
    const body = { graceSeconds: Number(grace) }
    onRotated(await call('rotateApiKey', { params, body }, { idempotencyKey }))
    await client.invalidateQueries({ queryKey: keys.apiKeys(workspaceId) })
  })
  return (
    <form {...formProps} className="flex flex-col gap-4">
      {problem && <Notice tone="danger">{problem}</Notice>}
      <p className="text-muted">
        The key stays the same: its name, limits, budgets and usage. Only its secret is another one, which
        programs have to be given.
      </p>
      <Select
        label="The old secret still works"
        hint={
          grace === '0'
            ? 'Programs that have the old one are refused until they have the new one.'
            : 'Give programs the new one meanwhile. Then the old one is refused, and what it has open is closed.'
        }
        options={graces}
        value={grace}
        error={problemOf('graceSeconds')}
        onValue={setGrace}
      />
      <div className="form-actions">
        <Button onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button type="submit" variant={grace === '0' ? 'danger' : 'primary'} busy={busy}>
          Replace secret
        </Button>
      </div>
    </form>
  )
}

function NewSecret({ rotated, onClose }: { rotated: Reply<'rotateApiKey'>; onClose: () => void }) {
  const { name, secret, formerSecretUntil } = rotated
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warn" title="Copy it now">
        {`The secret is shown this once. ${formerSecretUntil ? `The old one works until ${formatMoment(formerSecretUntil)}.` : 'The old one does not work any more.'}`}
      </Notice>
      <SecretField label={name} value={secret} />
      <Button variant="primary" className="self-end" onClick={onClose}>
        I have copied it
      </Button>
    </div>
  )
}
