import type { Connection } from '@atrium/contract'
import { useState } from 'react'
import {
  Badge,
  Button,
  ConfirmDialog,
  ErrorState,
  IconButton,
  Menu,
  type MenuEntry,
  Switch,
} from '../../ui/index.ts'
import { AddModelDialog } from './AddModelDialog.tsx'
import { HealthReport } from './HealthReport.tsx'
import { providerOf } from './providers.ts'
import { useConnectionActions } from './use-connection-actions.ts'

interface ConnectionRowProps {
  connection: Connection
  manages: boolean
  edit: () => void
}

const origins = {
  person: null,
  environment: 'from the environment',
  detected: 'detected',
  'built-in': 'built in',
} as const

/** One connection: what it is, whether it works, and what can be done with it. */
export function ConnectionRow({ connection, manages, edit }: ConnectionRowProps) {
  const actions = useConnectionActions(connection)
  const { test, refresh, enable } = actions
  const [tested, setTested] = useState(false)
  const error = test.error ?? refresh.error ?? enable.error
  const { health, source, name } = connection
  const runTest = async () => {
    await test.run(undefined)
    setTested(true)
  }
  return (
    <li className="flex flex-col gap-2 rounded-6 border border-line px-3 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <ConnectionName connection={connection} />
        {manages && (
          <div className="ml-auto flex items-center gap-2">
            {source !== 'built-in' && (
              <>
                <Button size="sm" busy={test.busy} onClick={() => void runTest()}>
                  Test
                </Button>
                <ConnectionMenu connection={connection} actions={actions} edit={edit} />
              </>
            )}
            <Switch
              hideLabel
              label={`${name} is in use`}
              checked={enable.input ?? connection.enabled}
              onChange={(enabled) => void enable.run(enabled)}
            />
          </div>
        )}
      </div>
      {refresh.busy && <p className="text-13 text-muted">Reading its models…</p>}
      {error && <ErrorState error={error} />}
      {health && (tested || !health.ok) && <HealthReport health={health} />}
    </li>
  )
}

interface ConnectionMenuProps {
  connection: Connection
  actions: ReturnType<typeof useConnectionActions>
  edit: () => void
}

function ConnectionMenu({ connection: { name }, actions, edit }: ConnectionMenuProps) {
  const [open, setOpen] = useState<'remove' | 'add-model' | null>(null)
  const items: MenuEntry[] = [
    { label: 'Change', icon: 'edit', onSelect: edit },
    { label: 'Read its models again', icon: 'refresh', onSelect: () => void actions.refresh.run(undefined) },
    { label: 'Add a model by id', icon: 'plus', onSelect: () => setOpen('add-model') },
    '-',
    { label: 'Delete', icon: 'trash', danger: true, onSelect: () => setOpen('remove') },
  ]
  return (
    <>
      <Menu
        label={`Actions for ${name}`}
        align="end"
        items={items}
        // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
        trigger={(props) => <IconButton icon="ellipsis" label={`More actions for ${name}`} {...props} />}
      />
      <AddModelDialog open={open === 'add-model'} onClose={() => setOpen(null)} add={actions.addModel} />
      <ConfirmDialog
        open={open === 'remove'}
        onClose={() => setOpen(null)}
        title={`Delete ${name}?`}
        confirmLabel="Delete connection"
        danger
        onConfirm={actions.remove}
      >
        Its key and its models go away. Conversations stay; to go on with one, choose another model.
      </ConfirmDialog>
    </>
  )
}

function ConnectionName({ connection }: { connection: Connection }) {
  const { name, kind, baseUrl, source, hasKey, enabled, health } = connection
  const origin = origins[source]
  const builtIn = source === 'built-in'
  return (
    <div className="min-w-0">
      <p className="flex flex-wrap items-center gap-1.5">
        <span className="font-medium">{name}</span>
        {origin && <Badge>{origin}</Badge>}
        {!enabled && <Badge tone="warn">off</Badge>}
        {enabled && health && (
          <Badge tone={health.ok ? 'ok' : 'danger'}>{health.ok ? 'works' : 'fails'}</Badge>
        )}
      </p>
      {!builtIn && (
        <p className="flex flex-wrap gap-x-2 text-13 text-muted">
          <span>{providerOf(kind).name}</span>
          <span className="font-mono text-12 break-all">{baseUrl}</span>
          {hasKey && <span>key stored</span>}
        </p>
      )}
      {builtIn && <p className="text-13 text-muted">Answers from the bundled guide. Not a language model.</p>}
    </div>
  )
}
