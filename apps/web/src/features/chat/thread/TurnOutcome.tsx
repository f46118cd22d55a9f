import type { Message } from '@atrium/contract'
import type { ReactNode } from 'react'
import { Button, Menu, Notice } from '../../../ui/index.ts'
import { costText, exactCount, inputTokens, outputTokens } from '../data/format.ts'
import { plainText } from '../runs/answer-parts.ts'
import type { RunState } from '../runs/run-state.ts'
import { useThread } from './thread-context.ts'

interface TurnOutcomeProps {
  message: Message
  run: RunState | null
}

/** How an answer ended when it did not simply end: stopped, interrupted or failed, and the ways on. */
export function TurnOutcome({ message, run }: TurnOutcomeProps): ReactNode {
  switch (message.status) {
    case 'stopped':
      return (
        <Notice title="Stopped" action={<Continue message={message} />}>
          <p className="text-muted">{receiptText(message, run)}</p>
        </Notice>
      )
    case 'interrupted':
      return (
        <Notice tone="warn" title="This answer was interrupted" action={<Continue message={message} />}>
          <p>{message.error?.message ?? 'What arrived before that is kept.'}</p>
          <RequestId message={message} run={run} />
        </Notice>
      )
    case 'failed':
      return <Failed message={message} run={run} />
    case 'complete':
    case 'streaming':
      return null
    default:
      return message.status satisfies never
  }
}

/** An error in the midst of an answer leaves its words, from which it can go on. */
function Failed({ message, run }: TurnOutcomeProps) {
  const hasWords = plainText(message.content) !== ''
  return (
    <Notice tone="danger" title={hasWords ? 'This answer was cut off' : 'No answer'}>
      <p>{message.error?.message ?? 'The model did not answer.'}</p>
      <RequestId message={message} run={run} />
      <span className="mt-2 flex flex-wrap gap-1.5 empty:hidden">
        {hasWords && <Continue message={message} />}
        <TryAgain message={message} />
      </span>
    </Notice>
  )
}

function Continue({ message }: { message: Message }) {
  const { actions, canWrite } = useThread()
  if (!canWrite) return null
  return (
    <Button size="sm" icon="play" onClick={() => void actions.goOn(message)}>
      Continue
    </Button>
  )
}

function TryAgain({ message }: { message: Message }) {
  const { actions, models, modelDetails, canWrite } = useThread()
  if (!canWrite) return null
  const others = models.filter(({ id }) => id !== message.model)
  return (
    <>
      <Button size="sm" icon="refresh" onClick={() => void actions.regenerate(message)}>
        Retry
      </Button>
      {others.length > 0 && (
        <Menu
          label="Answer with another model"
          align="end"
          items={others.map(({ id, name }) => ({
            label: name,
            hint: modelDetails.get(id),
            onSelect: () => void actions.regenerate(message, id),
          }))}
          // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
          trigger={(props) => (
            <Button {...props} size="sm" icon="swap">
              Switch model
            </Button>
          )}
        />
      )}
    </>
  )
}

function RequestId({ message, run }: TurnOutcomeProps) {
  const id = message.error?.requestId ?? run?.requestId
  return id ? <p className="mt-0.5 font-mono text-12 break-all text-muted">Request {id}</p> : null
}

/** What a stopped answer has cost. */
function receiptText(message: Message, run: RunState | null): string {
  const receipt = run?.receipt
  const { usage } = message
  const input = receipt?.inputTokens ?? (usage ? inputTokens(usage) : null)
  const output = receipt?.outputTokens ?? (usage ? outputTokens(usage) : null)
  if (input === null || output === null) return 'What arrived before that is kept.'
  const estimated = receipt?.estimated ?? usage?.estimated ?? false
  const cost = costText(receipt ? receipt.costNanoUsd : message.costNanoUsd)
  return `${exactCount(input)} tokens in, ${exactCount(output)} out, ${cost}${estimated ? ' (estimated)' : ''}`
}
