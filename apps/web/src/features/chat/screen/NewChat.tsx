import { useMemo, useRef, useState } from 'react'
import { useSession } from '../../../api/session.tsx'
import { Composer } from '../composer/Composer.tsx'
import type { ComposerHandle } from '../composer/composer-handle.ts'
import { useChatSettings } from '../composer/use-settings.ts'
import { type Draft, useChatActions } from '../data/use-actions.ts'
import { newId } from '../uuid-v7.ts'
import { StarterPrompts } from './StarterPrompts.tsx'
import { useChatCommands } from './use-chat-commands.ts'
import { useFocusAtStart } from './use-composer-focus.ts'
import { useTitle } from '../../../ui/index.ts'
import { useSlashCommands } from './use-slash-commands.ts'

/** The beginning of a conversation. It exists from the first message on. */
export function NewChat({ onCreated }: { onCreated: (conversationId: string) => void }) {
  const { person, workspace, can } = useSession()
  useTitle('New chat')
  const settings = useChatSettings(undefined)
  const actions = useChatActions(null)
  const handle = useRef<ComposerHandle>(null)
  const [welcome] = useState(() => greeting(new Date(), person.name))
  const canWrite = can('conversation:write')
  const { model, style, thinking } = settings
  const start = (draft: Draft) => {
    const conversationId = newId()
    const create = { ...(model ? { model } : {}), style, thinking }
    void actions.send(draft, { conversationId, create })
    onCreated(conversationId)
  }
  useChatCommands(useMemo(() => ({ handle }), []))
  useFocusAtStart(handle)
  const label = settings.chosenModel?.label
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <div className="m-auto flex w-full max-w-[46rem] flex-col gap-6 px-4 pt-8 pb-[max(12vh,env(safe-area-inset-bottom))] max-sm:pb-6">
        <header>
          <h1 className="text-25 font-medium tracking-tight">{welcome}</h1>
          <p className="mt-1 text-muted">
            {label ? `Answers come from the ${label}.` : 'Ask a question, or paste something to work on.'}
          </p>
        </header>
        <Composer
          workspaceId={workspace.id}
          conversationId={null}
          settings={settings}
          commands={useSlashCommands(settings, null)}
          onStop={null}
          onSend={start}
          onEditLast={() => {}}
          handle={handle}
          readOnly={!canWrite}
        />
        {canWrite && <StarterPrompts forGuide={label !== null && label !== undefined} onChoose={start} />}
      </div>
    </div>
  )
}

function greeting(now: Date, name: string): string {
  const hour = now.getHours()
  const time = hour < 5 ? 'evening' : hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening'
  const [first] = name.trim().split(/\s+/)
  return first ? `Good ${time}, ${first}` : `Good ${time}`
}
