import { memo } from 'react'
import { FileView } from '../../files/FileView.tsx'
import { Button, Icon } from '../../../ui/index.ts'
import { useChatServices } from '../data/chat-services.ts'
import type { OutboxEntry } from '../outbox/outbox.ts'
import { Spine } from './Spine.tsx'
import { useThread } from './thread-context.ts'
import { UserText } from './UserText.tsx'

/** A message that the server has not acknowledged: on its way, waiting for the network, or refused. */
export const WaitingTurn = memo(function WaitingTurn({ entry }: { entry: OutboxEntry }) {
  const { workspaceId } = useThread()
  const text = textOf(entry)
  return (
    <article aria-label="Your message, not sent yet" className="group relative py-2 pl-5 max-sm:pl-4">
      <Spine
        author="user"
        model={null}
        status={entry.state === 'failed' ? 'failed' : 'waiting'}
        forked={false}
      />
      <h2 className="sr-only">You wrote</h2>
      <div className="flex w-fit max-w-full flex-col gap-2 rounded-10 bg-sunken px-4 py-2.5">
        {entry.files.length > 0 && (
          <div className="flex flex-wrap gap-2">
            {entry.files.map(({ id, ...file }) => (
              <FileView key={id} workspaceId={workspaceId} fileId={id} {...file} />
            ))}
          </div>
        )}
        {text && <UserText text={text} />}
      </div>
      <WaitingState entry={entry} />
    </article>
  )
})

const textOf = ({ content }: OutboxEntry): string =>
  content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')

function WaitingState({ entry }: { entry: OutboxEntry }) {
  const { outbox } = useChatServices()
  const { takeBack } = useThread()
  const { state, error } = entry
  if (state === 'sending') return <p className="min-h-7 animate-late pt-1 text-13 text-muted">Sending…</p>
  const isFailed = state === 'failed'
  const isOffline = !error?.untilMs && 'messageId' in entry.parent
  const cancel = async () => {
    const taken = await outbox.cancel(entry.id)
    if (taken) takeBack({ text: textOf(taken), files: taken.files })
  }
  return (
    <div className="flex min-h-7 animate-late flex-wrap items-center gap-x-2 gap-y-1 pt-1 text-13">
      <span className={`flex items-center gap-1.5 ${isFailed ? 'text-danger' : 'text-muted'}`}>
        <Icon name={isFailed ? 'alert' : isOffline ? 'offline' : 'history'} size={14} />
        {isFailed ? `Not sent: ${error?.message ?? 'the server refused it.'}` : waitingFor(entry)}
      </span>
      {isFailed && (
        <Button size="sm" onClick={() => void outbox.retry(entry.id)}>
          Try again
        </Button>
      )}
      <Button size="sm" variant="quiet" onClick={() => void cancel()}>
        Take back
      </Button>
    </div>
  )
}

/** What an unsent message waits for: the one before it, a limit to be lifted, or the network. */
function waitingFor({ error, parent }: OutboxEntry): string {
  if ('entryId' in parent) return 'Waiting for the message before it'
  if (!error?.untilMs) return 'Waiting to send'
  return `${error.message} It is sent at ${new Date(error.untilMs).toLocaleTimeString('en-GB')}.`
}
