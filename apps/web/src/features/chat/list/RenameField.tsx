import { useRef } from 'react'

interface RenameFieldProps {
  initial: string
  /** The new title, or null when nothing changes. */
  onDone: (title: string | null) => void
}

/** A title being changed in its row: Enter and leaving keep it, Escape does not. */
export function RenameField({ initial, onDone }: RenameFieldProps) {
  const cancelled = useRef(false)
  return (
    <input
      ref={selectAll}
      aria-label="Title"
      defaultValue={initial}
      maxLength={200}
      onBlur={({ target }) => {
        const title = target.value.trim()
        onDone(!cancelled.current && title !== '' && title !== initial ? title : null)
      }}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return
        if (event.key === 'Escape') cancelled.current = true
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur()
      }}
      className="h-full w-full rounded-6 border border-accent bg-raised px-2 outline-none"
    />
  )
}

function selectAll(field: HTMLInputElement | null): void {
  field?.focus()
  field?.select()
}
