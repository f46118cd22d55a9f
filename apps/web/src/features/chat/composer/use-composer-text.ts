import { type KeyboardEvent, type RefObject, useId, useMemo, useState } from 'react'
import { matching, type Suggestion, triggerAt } from './suggestions.ts'

interface ComposerTextOptions {
  field: RefObject<HTMLTextAreaElement | null>
  initial: string
  commands: readonly Suggestion[]
  models: readonly Suggestion[]
  onSend: () => void
  onEditLast: () => void
  /** Escape, when no list is open. */
  onEscape: () => boolean
}

/** Text, caret and the suggestion list of a composer. */
export function useComposerText(options: ComposerTextOptions) {
  const { field, initial, commands, models } = options
  const [text, setText] = useState(initial)
  const [caret, setCaret] = useState(0)
  const [active, setActive] = useState(0)
  const [dismissed, setDismissed] = useState<string | null>(null)
  const listId = useId()
  const trigger = useMemo(() => triggerAt(text, caret), [text, caret])
  const open = trigger && dismissed !== text ? trigger : null
  const items = useMemo(
    () => (open ? matching(open.kind === 'command' ? commands : models, open.query) : []),
    [open, commands, models],
  )
  const index = Math.min(active, Math.max(0, items.length - 1))

  const change = (next: string, at: number) => {
    setText(next)
    setCaret(at)
    setActive(0)
  }
  const choose = (place: number) => {
    const item = items[place]
    if (!item || !open) return
    const rest = text.slice(0, open.start) + text.slice(caret)
    change(rest, open.start)
    item.run()
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    const handled =
      items.length > 0
        ? listKey(event.key, {
            index,
            count: items.length,
            setActive,
            choose,
            dismiss: () => setDismissed(text),
          })
        : textKey(event, options, text)
    if (handled) event.preventDefault()
  }
  const list = items.length > 0 ? { id: listId, items, active: index, kind: open?.kind ?? 'command' } : null
  return { text, change, setCaret, onKeyDown, list, choose }
}

interface ListControl {
  index: number
  count: number
  setActive: (index: number) => void
  choose: (index: number) => void
  dismiss: () => void
}

function listKey(key: string, { index, count, setActive, choose, dismiss }: ListControl): boolean {
  switch (key) {
    case 'ArrowDown':
      setActive((index + 1) % count)
      return true
    case 'ArrowUp':
      setActive((index - 1 + count) % count)
      return true
    case 'Enter':
    case 'Tab':
      choose(index)
      return true
    case 'Escape':
      dismiss()
      return true
    default:
      return false
  }
}

function textKey(
  event: KeyboardEvent<HTMLTextAreaElement>,
  { onSend, onEditLast, onEscape }: ComposerTextOptions,
  text: string,
): boolean {
  const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey
  if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
    // On a touch keyboard Enter is the only way to a new line; there is a Send button.
    if (isTouch() && !event.ctrlKey && !event.metaKey) return false
    onSend()
    return true
  }
  if (event.key === 'ArrowUp' && plain && text === '') {
    onEditLast()
    return true
  }
  return event.key === 'Escape' && plain && onEscape()
}

const isTouch = (): boolean => matchMedia('(pointer: coarse) and (hover: none)').matches
