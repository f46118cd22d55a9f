import type { Message } from '@atrium/contract'
import { useMemo } from 'react'
import { CopyButton, cx, IconButton, Menu, type MenuEntry } from '../../../ui/index.ts'
import { costText, duration, outputTokens, shortCount } from '../data/format.ts'
import { plainText } from '../runs/answer-parts.ts'
import { SiblingNav } from './SiblingNav.tsx'
import { useThread } from './thread-context.ts'

interface TurnActionsProps {
  message: Message
  /** The newest turn shows its actions without being pointed at. */
  last: boolean
}

const rowClass =
  'flex min-h-7 flex-wrap items-center gap-0.5 transition-opacity pointer-coarse:opacity-100 group-hover:opacity-100 group-focus-within:opacity-100'

export function UserActions({ message, last }: TurnActionsProps) {
  const { setEditing, quote, canWrite } = useThread()
  const text = plainText(message.content)
  return (
    <div className={cx(rowClass, !last && message.siblings.count < 2 && 'opacity-0')}>
      <CopyButton text={text} label="Copy message" />
      {canWrite && (
        <IconButton icon="edit" size="sm" label="Edit message" onClick={() => setEditing(message.id)} />
      )}
      {text && <IconButton icon="quote" size="sm" label="Quote" onClick={() => quote(text)} />}
      <SiblingNav siblings={message.siblings} />
    </div>
  )
}

export function AssistantActions({ message, last }: TurnActionsProps) {
  const { actions, canWrite, openDetails } = useThread()
  const toggle = (rating: 'up' | 'down') =>
    void actions.rate(message, message.rating === rating ? null : rating)
  return (
    <div className={cx(rowClass, !last && message.siblings.count < 2 && !message.rating && 'opacity-0')}>
      <CopyButton text={() => plainText(message.content)} label="Copy answer" />
      <IconButton
        icon="thumbUp"
        size="sm"
        label="Good answer"
        aria-pressed={message.rating === 'up'}
        onClick={() => toggle('up')}
      />
      <IconButton
        icon="thumbDown"
        size="sm"
        label="Bad answer"
        aria-pressed={message.rating === 'down'}
        onClick={() => toggle('down')}
      />
      {canWrite && (
        <IconButton icon="refresh" size="sm" label="Retry" onClick={() => void actions.regenerate(message)} />
      )}
      <MoreActions message={message} last={last} />
      <SiblingNav siblings={message.siblings} />
      <button
        type="button"
        onClick={() => openDetails(message)}
        data-tip="Tokens, time and cost"
        className="touch-target ml-auto rounded-6 px-1.5 text-12 text-muted tabular-nums hover:bg-hover hover:text-ink"
      >
        {summaryOf(message)}
      </button>
    </div>
  )
}

function MoreActions({ message, last }: TurnActionsProps) {
  const { actions, models, modelDetails, canWrite, quote, openPrompt, setEditing, branchFrom } = useThread()
  const items = useMemo<MenuEntry[]>(() => {
    const others = models.filter(({ id }) => id !== message.model)
    const reading: MenuEntry[] = [
      { label: 'Quote', icon: 'quote', onSelect: () => quote(plainText(message.content)) },
      ...(message.runId
        ? [{ label: 'Inspect prompt', icon: 'eye', onSelect: () => openPrompt(message) } as const]
        : []),
    ]
    if (!canWrite) return reading
    const retries = others.map(({ id, name }): MenuEntry => ({
      label: `Retry with ${name}`,
      hint: modelDetails.get(id),
      icon: 'swap',
      onSelect: () => void actions.regenerate(message, id),
    }))
    return [
      ...reading,
      // After the last answer the next message goes on without a branch.
      ...(last
        ? []
        : [{ label: 'Branch from here', icon: 'branch', onSelect: () => branchFrom(message) } as const]),
      { label: 'Edit answer', icon: 'edit', onSelect: () => setEditing(message.id) },
      ...(retries.length > 0 ? ['-' as const] : []),
      ...retries,
    ]
  }, [actions, models, modelDetails, canWrite, quote, openPrompt, setEditing, branchFrom, message, last])
  return (
    <Menu
      label="More actions"
      items={items}
      className="w-64"
      // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
      trigger={(props) => <IconButton {...props} icon="ellipsis" size="sm" label="More actions" />}
    />
  )
}

function summaryOf({ usage, timing, costNanoUsd, status }: Message): string {
  const parts = [
    usage && `${shortCount(outputTokens(usage))} tokens`,
    timing && duration(timing.totalMs),
    status === 'interrupted' && !usage && 'tokens and cost unknown',
    usage && costText(costNanoUsd),
  ]
  return parts.filter(Boolean).join(' · ') || 'Details'
}
