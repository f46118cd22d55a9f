import type { Connection, ConnectionKind } from '@atrium/contract'
import { type MouseEvent, useEffect, useRef } from 'react'
import { Button, ErrorState, Notice, PasswordField, TextField } from '../../ui/index.ts'
import { HealthReport } from './HealthReport.tsx'
import { ProviderCards } from './ProviderCards.tsx'
import { useConnectionForm } from './use-connection-form.ts'

interface ConnectionFormProps {
  /** The one to change; null for a new one. */
  connection: Connection | null
  onSaved: (saved: Connection) => void
  onCancel?: () => void
}

/** Adds or changes a connection to a provider. A stored key is never shown; typing a new one replaces it. */
export function ConnectionForm({ connection, onSaved, onCancel }: ConnectionFormProps) {
  const form = useConnectionForm(connection, onSaved)
  const { draft, set, provider, submission, test, health } = form
  const result = useShown(health ?? test.error)
  // What is missing is said at its field.
  const tryOut = ({ currentTarget }: MouseEvent<HTMLButtonElement>) => {
    if (currentTarget.form?.reportValidity()) void test.run(undefined)
  }
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      {!connection && <ProviderCards value={draft.kind} onValue={(kind) => set({ kind })} />}
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Name"
          maxLength={100}
          placeholder={provider.name}
          value={draft.name}
          error={submission.problemOf('name') ?? submission.problemOf('slug')}
          onChange={(event) => set({ name: event.target.value })}
        />
        <TextField
          label="Address"
          type="url"
          mono
          required={provider.baseUrl === 'required'}
          placeholder={provider.baseUrlHint}
          maxLength={500}
          hint={addressHint(draft.kind, provider.baseUrl === 'optional')}
          value={draft.baseUrl}
          error={submission.problemOf('baseUrl')}
          onChange={(event) => set({ baseUrl: event.target.value })}
        />
      </div>
      {provider.key !== 'none' && <KeyField form={form} connection={connection} />}
      <div ref={result} className="scroll-my-6 empty:-mt-4">
        {test.error && <ErrorState error={test.error} title="The test could not be run." />}
        {health && <HealthReport health={health} />}
      </div>
      {/* What failed announces itself. */}
      <output className="sr-only">{health?.ok && 'The test succeeded.'}</output>
      <div className="form-actions">
        {onCancel && (
          <Button variant="quiet" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button icon="plug" busy={test.busy} onClick={tryOut}>
          Test
        </Button>
        <Button type="submit" variant="primary" busy={submission.busy}>
          {connection ? 'Save' : 'Connect'}
        </Button>
      </div>
    </form>
  )
}

const addressHint = (kind: ConnectionKind, hasOwn: boolean): string | undefined => {
  if (kind === 'ollama') return 'Leave this empty if Ollama runs on the same machine as Atrium.'
  return hasOwn ? 'Leave this empty to use the provider’s own address.' : undefined
}

/** Brings an element into view when there is something new in it. */
function useShown(content: unknown) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (content) ref.current?.scrollIntoView({ block: 'nearest' })
  }, [content])
  return ref
}

interface KeyFieldProps {
  form: ReturnType<typeof useConnectionForm>
  connection: Connection | null
}

function KeyField({ form, connection }: KeyFieldProps) {
  const { draft, set, provider, submission, addressChanged } = form
  const stored = connection?.hasKey === true
  const discards = stored && addressChanged
  return (
    <PasswordField
      label="API key"
      mono
      autoComplete="off"
      data-1p-ignore
      required={provider.key === 'required' && (!stored || discards)}
      maxLength={2000}
      placeholder={stored && !discards ? 'A key is stored; type to replace it' : provider.keyHint}
      hint={
        discards
          ? 'A new address discards the stored key, so that it is never sent elsewhere. Paste it again.'
          : 'Stored encrypted. It is never shown again.'
      }
      value={draft.apiKey}
      error={submission.problemOf('apiKey')}
      onChange={(event) => set({ apiKey: event.target.value })}
    />
  )
}
