import { useQuery } from '@tanstack/react-query'
import type { Reply } from '../../api/client.ts'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { Button, CopyButton, Notice } from '../../ui/index.ts'
import { SecretField } from '../identity/settings/SecretField.tsx'
import { firstCall } from './key-form.ts'

interface CreatedKeyProps {
  apiKey: Reply<'createApiKey'>
  /** Why the key did not get the budget that was asked for; null when it did, or none was. */
  budgetProblem: string | null
  onClose: () => void
}

/** The secret of a new key, shown this once, with a first call that uses it. */
export function CreatedKey({ apiKey, budgetProblem, onClose }: CreatedKeyProps) {
  const { data: models = [] } = useQuery(queries.models(useSession().workspace.id))
  const model = models.find(({ label }) => label === null)?.id ?? models[0]?.id ?? 'atrium/guide'
  const snippet = firstCall(location.origin, apiKey.secret, model)
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warn" title="Copy it now">
        The key is shown this once. If it is lost, revoke it and create another.
      </Notice>
      {budgetProblem && (
        <Notice tone="danger" title="It has no budget yet">
          {`${budgetProblem} Give it one under “Change” in the list of keys.`}
        </Notice>
      )}
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
