import type { Alias } from '@atrium/contract'
import { useState } from 'react'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { Badge, Button, ConfirmDialog, ErrorState, IconButton, Switch } from '../../ui/index.ts'
import type { Shown } from './Aliases.tsx'
import { policyText } from './policy-text.ts'
import { useAliasActions } from './use-alias-actions.ts'

interface AliasRowProps {
  alias: Alias
  show: (shown: Shown) => void
}

/** One alias: what it does, what is wrong with it, and what can be done with it. */
export function AliasRow({ alias, show }: AliasRowProps) {
  const { can } = useSession()
  const { name, description, enabled, version, problems, policy } = alias
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line py-2.5">
      <div className="min-w-0 flex-[1_1_18rem]">
        <p className="font-medium break-all">
          <span className="font-mono text-13">{name}</span> {!enabled && <Badge tone="warn">off</Badge>}
        </p>
        {description && <p className="text-13 break-words text-muted">{description}</p>}
        <p className="text-13 break-words text-muted">{policyText(policy)}</p>
        {problems.map((problem) => (
          <p key={problem} className="text-13 break-words text-warn">
            {problem}
          </p>
        ))}
      </div>
      <div className="flex flex-wrap items-center gap-1">
        <Button size="sm" onClick={() => show({ what: 'preview', alias })}>
          Preview<span className="sr-only"> {name}</span>
        </Button>
        <Button size="sm" onClick={() => show({ what: 'versions', alias })}>
          {`Version ${version}`}
          <span className="sr-only"> of {name}, show all</span>
        </Button>
        {can('model:manage') && <Manage alias={alias} />}
      </div>
    </li>
  )
}

/** Changing, deleting and switching; whoever calls the alias feels it at once, so the last two ask first. */
function Manage({ alias }: { alias: Alias }) {
  const go = useGo()
  const { setEnabled, remove } = useAliasActions(alias)
  const [asked, setAsked] = useState<'delete' | 'off' | null>(null)
  const { id, name, enabled, version } = alias
  const close = () => setAsked(null)
  return (
    <>
      <IconButton icon="edit" label={`Change ${name}`} onClick={() => go(paths.routing(id))} />
      <IconButton icon="trash" label={`Delete ${name}`} onClick={() => setAsked('delete')} />
      <Switch
        hideLabel
        label={`${name} is in use`}
        checked={setEnabled.input ?? enabled}
        onChange={(next) => (next ? void setEnabled.run(true) : setAsked('off'))}
      />
      {setEnabled.error && !asked && <ErrorState error={setEnabled.error} />}
      <ConfirmDialog
        open={asked === 'off'}
        onClose={close}
        title={`Switch ${name} off?`}
        confirmLabel={`Switch ${name} off`}
        onConfirm={() => setEnabled.orThrow(false)}
      >
        Calls that name it are refused until it is switched on again. Its policy and its versions stay.
      </ConfirmDialog>
      <ConfirmDialog
        open={asked === 'delete'}
        onClose={close}
        title={`Delete ${name}?`}
        confirmLabel={`Delete ${name}`}
        danger
        onConfirm={remove}
      >
        {`Calls that name it are refused from now on, and ${version === 1 ? 'its version goes' : `its ${version} versions go`} away. This cannot be undone.`}
      </ConfirmDialog>
    </>
  )
}
