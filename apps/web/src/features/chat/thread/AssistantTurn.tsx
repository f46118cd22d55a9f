import type { Message } from '@atrium/contract'
import { memo, type ReactNode, useMemo } from 'react'
import { Badge } from '../../../ui/index.ts'
import { fullModelName } from '../data/model-names.ts'
import { useRun } from '../data/use-run.ts'
import { CitationContext } from '../markdown/citations.ts'
import { answerOf } from '../runs/answer-parts.ts'
import type { RunState } from '../runs/run-state.ts'
import { AnswerBody } from './AnswerBody.tsx'
import { Citations, sourceId } from './Citations.tsx'
import { EditForm } from './LazyEditForm.tsx'
import { Spine } from './Spine.tsx'
import { useThread } from './thread-context.ts'
import { AssistantActions } from './TurnActions.tsx'
import { TurnOutcome } from './TurnOutcome.tsx'

interface AssistantTurnProps {
  message: Message
  last: boolean
}

/** An answer, streaming or stored. While it streams only this component hears of new text. */
export const AssistantTurn = memo(function AssistantTurn({ message, last }: AssistantTurnProps) {
  const { workspaceId, models, modelDetails, editingId, writingId } = useThread()
  const run = useRun(message.runId)
  const stored = useMemo(() => answerOf(message.content), [message.content])
  const live = message.status === 'streaming' && run?.phase !== 'ended'
  const answer = message.status === 'streaming' && run ? run : stored
  const hasSources = answer.citations.length > 0
  const showSource = useMemo(
    () =>
      hasSources ? (index: string) => document.getElementById(sourceId(message.id, index))?.focus() : null,
    [hasSources, message.id],
  )
  const model = models.find(({ id }) => id === message.model)
  const name = model ? fullModelName(model, modelDetails) : (message.model ?? 'Assistant')
  return (
    <article
      aria-label={`Answer of ${name}`}
      aria-busy={live}
      className="group relative py-2 pl-5 max-sm:pl-4"
    >
      <Spine
        author="assistant"
        model={message.model}
        status={message.status}
        forked={message.siblings.count > 1}
      />
      <h2 className="sr-only">{name} answered</h2>
      <p className="mb-1 flex flex-wrap items-center gap-2 text-13 text-muted">
        <span className="font-medium">{name}</span>
        {model?.label && <Badge>{model.label}</Badge>}
        {message.author && <Badge>edited by you</Badge>}
      </p>
      {editingId === message.id ? (
        <EditForm message={message} />
      ) : (
        <div className="flex min-w-0 flex-col gap-3">
          {run?.branched && <BranchNote />}
          <CitationContext value={showSource}>
            <AnswerBody workspaceId={workspaceId} parts={answer.parts} live={live} />
          </CitationContext>
          {live && <Progress run={run} waits={writingId !== message.id} empty={answer.parts.length === 0} />}
          <Citations id={message.id} citations={answer.citations} />
          <TurnOutcome message={message} run={run} />
          {!live && <AssistantActions message={message} last={last} />}
        </div>
      )}
    </article>
  )
})

const BranchNote = () => (
  <p className="text-13 text-muted">
    The conversation had moved on in another tab or on another device, so this message started a new branch.
  </p>
)

interface ProgressProps {
  run: RunState | null
  /** Another answer is written before it. */
  waits: boolean
  empty: boolean
}

/** What happens while nothing new is to be seen. */
function Progress({ run, waits, empty }: ProgressProps): ReactNode {
  if (waits) return <Quiet>Waiting its turn. It starts when the answer before it is finished.</Quiet>
  if (run?.connection === 'lost')
    return <Quiet>Reconnecting… What you see is kept. While Atrium runs, the answer goes on.</Quiet>
  return empty ? <Quiet>Waiting for the model…</Quiet> : null
}

const Quiet = ({ children }: { children: ReactNode }) => (
  <p className="animate-late text-14 text-muted">{children}</p>
)
