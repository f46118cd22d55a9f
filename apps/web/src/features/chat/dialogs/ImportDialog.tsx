import type { ImportReport } from '@atrium/contract'
import { useState } from 'react'
import { keys } from '../../../api/queries.ts'
import { Button, Dialog, Notice } from '../../../ui/index.ts'
import { fileSize } from '../../files/file-size.ts'
import { useChatServices } from '../data/chat-services.ts'
import { importFile } from '../data/import-file.ts'
import { messageOf } from '../../../api/error.ts'

type State =
  | { step: 'choose' }
  | { step: 'running'; name: string; share: number }
  | { step: 'done'; report: ImportReport }
  | { step: 'failed'; message: string }

/** Brings conversations in from an export; doing it twice changes nothing. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const { workspaceId, client } = useChatServices()
  const [state, setState] = useState<State>({ step: 'choose' })
  const run = async (file: File) => {
    const name = `${file.name} (${fileSize(file.size)})`
    setState({ step: 'running', name, share: 0 })
    try {
      const report = await importFile(workspaceId, file, (share) =>
        setState({ step: 'running', name, share }),
      )
      setState({ step: 'done', report })
      const subjects = [keys.conversations(workspaceId), keys.searches(workspaceId)]
      await Promise.all(subjects.map((queryKey) => client.invalidateQueries({ queryKey })))
    } catch (error) {
      setState({ step: 'failed', message: messageOf(error) })
    }
  }
  return (
    <Dialog
      open
      size="sm"
      title="Import conversations"
      onClose={onClose}
      footer={<Button onClick={onClose}>{state.step === 'done' ? 'Done' : 'Cancel'}</Button>}
    >
      <div className="flex flex-col gap-3">
        {(state.step === 'choose' || state.step === 'failed') && <Choose onFile={(file) => void run(file)} />}
        {state.step === 'failed' && <Notice tone="danger">{state.message}</Notice>}
        {state.step === 'running' && <Running name={state.name} share={state.share} />}
        {state.step === 'done' && <Report report={state.report} />}
      </div>
    </Dialog>
  )
}

function Choose({ onFile }: { onFile: (file: File) => void }) {
  return (
    <label className="flex flex-col gap-2">
      <span>
        Choose the <code className="font-mono text-13">conversations.json</code> of a ChatGPT or Claude
        export, or an export of Atrium.
      </span>
      <input
        type="file"
        accept=".json,application/json"
        data-autofocus
        onChange={({ target }) => {
          const file = target.files?.[0]
          if (file) onFile(file)
        }}
        className="text-13 text-muted file:mr-3 file:h-8 file:cursor-pointer file:rounded-6 file:border file:border-line-strong/50 file:bg-raised file:px-3 file:text-14 file:text-ink"
      />
    </label>
  )
}

function Running({ name, share }: { name: string; share: number }) {
  const isSent = share >= 1
  return (
    <div className="flex flex-col gap-1.5">
      <p>{isSent ? `Reading ${name}…` : `Sending ${name}…`}</p>
      <progress
        aria-label="Progress"
        className="h-1.5 w-full accent-accent"
        {...(isSent ? {} : { value: share })}
      />
    </div>
  )
}

const formats: Record<ImportReport['format'], string> = {
  atrium: 'Atrium',
  chatgpt: 'ChatGPT',
  claude: 'Claude',
}

function Report({ report }: { report: ImportReport }) {
  const { skipped, failed } = report
  return (
    <>
      <Notice tone={failed.length > 0 ? 'warn' : 'ok'} title={outcomeOf(report)}>
        {skipped > 0 && <p>{skipped === 1 ? '1 was already here.' : `${skipped} were already here.`}</p>}
        {failed.length > 0 && <p>{failed.length} could not be imported.</p>}
      </Notice>
      {failed.length > 0 && (
        <ul className="max-h-48 overflow-y-auto text-13">
          {failed.map(({ title, reason }) => (
            <li key={`${title} ${reason}`} className="border-b border-line py-1">
              <span className="font-medium">{title || 'Untitled'}</span>: {reason}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function outcomeOf({ format, imported, skipped }: ImportReport): string {
  return imported === 0 && skipped > 0
    ? `Nothing new from ${formats[format]}`
    : `${imported} imported from ${formats[format]}`
}
