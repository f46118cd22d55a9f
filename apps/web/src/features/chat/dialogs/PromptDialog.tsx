import type { ComposedPrompt, Message } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../../api/client.ts'
import { WhySection } from '../../usage/WhySection.tsx'
import { CopyButton, Dialog, ErrorState, SkeletonRows } from '../../../ui/index.ts'
import { useThread } from '../thread/thread-context.ts'

const sources: Record<ComposedPrompt['sections'][number]['source'], string> = {
  workspace: 'Instructions of the workspace',
  style: 'Style',
  personal: 'Your instructions',
  continuation: 'Assistant, to be continued from here',
}

/** What an answer was made from: every instruction and message that the model received. */
export function PromptDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const { workspaceId, conversationId } = useThread()
  const { data, error, refetch } = useQuery({
    queryKey: [workspaceId, 'prompt', message.id],
    queryFn: ({ signal }) =>
      call('getPrompt', { params: { workspaceId, conversationId, messageId: message.id } }, { signal }),
  })
  return (
    <Dialog
      open
      size="lg"
      title="Prompt"
      description="What the model received for this answer."
      onClose={onClose}
    >
      {data && <Prompt prompt={data} />}
      {!data && error && (
        <ErrorState title="The prompt could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {!data && !error && <SkeletonRows label="Reading the prompt" />}
    </Dialog>
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

function Prompt({ prompt: { model, sections, messages, reason } }: { prompt: ComposedPrompt }) {
  // What was continued stood at the end, where the answer goes on.
  const { true: continued = [], false: instructions = [] } = Object.groupBy(sections, ({ source }) =>
    source === 'continuation' ? 'true' : 'false',
  )
  return (
    <div className="flex flex-col gap-4">
      <p>
        Model <code className="font-mono text-13">{model}</code>
      </p>
      {instructions.length === 0 && <p className="text-muted">No instructions were added.</p>}
      {instructions.map(({ source, text }) => (
        <Part key={source} title={sources[source]} text={text} />
      ))}
      {messages.map(({ role, text }, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
        <Part key={index} title={role === 'user' ? 'You' : 'Assistant'} text={text} />
      ))}
      {continued.map(({ source, text }) => (
        <Part key={source} title={sources[source]} text={text} />
      ))}
      {isRecord(reason) && <WhySection why={reason} />}
    </div>
  )
}

function Part({ title, text }: { title: string; text: string }) {
  return (
    <section>
      <div className="flex items-center justify-between">
        <h3 className="text-13 font-medium text-muted">{title}</h3>
        <CopyButton text={text} label={`Copy: ${title}`} />
      </div>
      <pre className="max-h-72 overflow-auto rounded-6 border border-line bg-sunken px-3 py-2 font-mono text-13 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {text}
      </pre>
    </section>
  )
}
