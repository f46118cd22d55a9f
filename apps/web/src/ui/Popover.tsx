import { type ReactNode, type ToggleEvent, useId, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { cx } from './class-names.ts'

export interface PopoverTrigger {
  popoverTarget: string
  'aria-expanded': boolean
  'aria-haspopup': 'menu' | 'dialog' | 'listbox'
}

interface PopoverProps {
  /** Draws the button that opens it; spread the given properties onto a `button`. */
  trigger: (props: PopoverTrigger) => ReactNode
  /** Drawn only while it is open. */
  children: ReactNode | ((close: () => void) => ReactNode)
  label: string
  kind?: 'menu' | 'dialog' | 'listbox'
  align?: 'start' | 'end'
  side?: 'below' | 'above'
  className?: string
  onOpenChange?: (open: boolean) => void
  /** Told when the panel is in view; moves the focus to `data-autofocus` unless given. */
  onShown?: (panel: HTMLElement) => void
}

/** A panel beside its button, in the top layer: a click outside or Escape closes it. */
export function Popover(props: PopoverProps) {
  const {
    trigger,
    children,
    label,
    kind = 'dialog',
    align = 'start',
    side = 'below',
    className,
    onOpenChange,
    onShown = focusMarked,
  } = props
  const id = useId()
  const ref = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const close = () => document.getElementById(id)?.hidePopover()
  const beforeToggle = (event: ToggleEvent) => {
    if (event.target !== ref.current) return
    const next = event.newState === 'open'
    // Its content must be there when the browser measures and places it.
    if (next) flushSync(() => setOpen(true))
    onOpenChange?.(next)
  }
  const toggled = (event: ToggleEvent) => {
    if (event.target !== ref.current) return
    if (event.newState === 'closed') setOpen(false)
    else if (ref.current) onShown(ref.current)
  }
  return (
    <>
      {trigger({ popoverTarget: id, 'aria-expanded': open, 'aria-haspopup': kind })}
      <div
        ref={ref}
        id={id}
        popover="auto"
        role={kind === 'dialog' ? 'dialog' : undefined}
        aria-label={kind === 'dialog' ? label : undefined}
        onBeforeToggle={beforeToggle}
        onToggle={toggled}
        className={cx(
          'floating max-h-[min(28rem,80dvh)] max-w-[calc(100vw-16px)] overflow-y-auto rounded-10 border border-line bg-raised text-ink shadow-overlay open:animate-enter',
          align === 'end' && 'floating-end',
          side === 'above' && 'floating-above',
          className,
        )}
      >
        {open && (typeof children === 'function' ? children(close) : children)}
      </div>
    </>
  )
}

const focusMarked = (panel: HTMLElement) => panel.querySelector<HTMLElement>('[data-autofocus]')?.focus()
