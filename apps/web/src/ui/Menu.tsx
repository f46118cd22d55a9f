import type { KeyboardEvent, ReactNode } from 'react'
import { cx } from './class-names.ts'
import { Icon } from './Icon.tsx'
import type { IconName } from './icon-paths.ts'
import { Popover, type PopoverTrigger } from './Popover.tsx'
import { shortcutLabel } from './shortcut.ts'

export interface MenuItem {
  label: string
  onSelect: () => void
  icon?: IconName
  /** Second line. */
  hint?: string | undefined
  shortcut?: string | undefined
  disabled?: boolean
  danger?: boolean
  /** The item is one of a set of choices and is (not) chosen. */
  checked?: boolean
}

/** `'-'` draws a line between groups. */
export type MenuEntry = MenuItem | '-'

interface MenuProps {
  label: string
  items: readonly MenuEntry[]
  trigger: (props: PopoverTrigger) => ReactNode
  align?: 'start' | 'end'
  side?: 'below' | 'above'
  className?: string
  header?: ReactNode
}

/** A list of actions: arrow keys, Home, End and the first letter move; Enter chooses; Escape closes. */
export function Menu({ label, items, header, className, ...popover }: MenuProps) {
  return (
    <Popover
      {...popover}
      label={label}
      kind="menu"
      onShown={focusFirst}
      className={cx('min-w-48 p-1', className)}
    >
      {(close) => (
        <>
          {header}
          <MenuList label={label} items={items} close={close} />
        </>
      )}
    </Popover>
  )
}

function MenuList({
  label,
  items,
  close,
}: {
  label: string
  items: readonly MenuEntry[]
  close: () => void
}) {
  return (
    <div role="menu" aria-label={label} tabIndex={-1} onKeyDown={moveFocus} className="outline-none">
      {/* The items of an open menu do not change places. */}
      {/* oxlint-disable react/no-array-index-key */}
      {items.map((item, index) =>
        item === '-' ? (
          <hr key={index} className="-mx-1 my-1 border-line" />
        ) : (
          <MenuButton key={index} item={item} close={close} />
        ),
      )}
      {/* oxlint-enable react/no-array-index-key */}
    </div>
  )
}

function MenuButton({ item, close }: { item: MenuItem; close: () => void }) {
  return (
    <button
      type="button"
      role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={item.checked}
      disabled={item.disabled}
      tabIndex={-1}
      onClick={() => {
        close()
        item.onSelect()
      }}
      onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
      className={cx(
        'touch-target flex min-h-8 w-full items-center gap-2.5 rounded-6 px-2 py-1 text-left outline-none focus:bg-hover disabled:opacity-50',
        item.danger && 'text-danger',
      )}
    >
      {item.icon && <Icon name={item.icon} className={item.danger ? '' : 'text-muted'} />}
      <span className="min-w-0 flex-1">
        <span className="block truncate">{item.label}</span>
        {item.hint && <span className="block truncate text-12 text-muted">{item.hint}</span>}
      </span>
      {item.shortcut && (
        <kbd className="font-sans text-12 text-faint pointer-coarse:hidden">
          {shortcutLabel(item.shortcut)}
        </kbd>
      )}
      {item.checked !== undefined && (
        <Icon name="check" size={14} className={item.checked ? 'text-accent' : 'invisible'} />
      )}
    </button>
  )
}

const enabledItems = (list: HTMLElement | null): HTMLButtonElement[] => [
  ...(list?.querySelectorAll<HTMLButtonElement>('button:not(:disabled)') ?? []),
]

/** Begins at the chosen item of a list of choices, and at the first of a list of actions. */
function focusFirst(panel: HTMLElement): void {
  const [first, ...others] = enabledItems(panel)
  const chosen = [first, ...others].find((item) => item?.getAttribute('aria-checked') === 'true')
  ;(first?.hasAttribute('aria-checked') ? (chosen ?? first) : first)?.focus()
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const buttons = enabledItems(event.currentTarget)
  const index = buttons.findIndex((button) => button === document.activeElement)
  const next = nextIndex(event, buttons, index)
  if (next === null) return
  event.preventDefault()
  buttons[next]?.focus()
}

function nextIndex(event: KeyboardEvent, buttons: HTMLButtonElement[], index: number): number | null {
  const count = buttons.length
  switch (event.key) {
    case 'ArrowDown':
      return (index + 1) % count
    case 'ArrowUp':
      return (index - 1 + count) % count
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default: {
      if (event.key.length !== 1 || event.key === ' ' || event.ctrlKey || event.metaKey) return null
      const letter = event.key.toLowerCase()
      const found = [...buttons.keys()]
        .map((offset) => (index + 1 + offset) % count)
        .find((place) => buttons[place]?.textContent?.trim().toLowerCase().startsWith(letter))
      return found ?? null
    }
  }
}
