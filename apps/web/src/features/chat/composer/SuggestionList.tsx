import type { Suggestion } from './suggestions.ts'

interface SuggestionListProps {
  id: string
  label: string
  items: readonly Suggestion[]
  active: number
  onChoose: (index: number) => void
}

/** Commands or models above the composer; the text field keeps the focus and points at the active one. */
export function SuggestionList({ id, label, items, active, onChoose }: SuggestionListProps) {
  return (
    <div
      id={id}
      // A native list box would take the focus away from the text.
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="listbox"
      aria-label={label}
      className="absolute inset-x-0 bottom-full z-10 mb-2 max-h-72 overflow-y-auto rounded-10 border border-line bg-raised p-1 shadow-overlay"
    >
      {items.map((item, index) => (
        // The text field handles the keys.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={item.id}
          id={`${id}-${index}`}
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- as above
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(index)}
          className={`touch-target flex min-h-8 cursor-pointer items-center gap-3 rounded-6 px-2 py-1 ${index === active ? 'bg-hover' : 'hover:bg-hover'}`}
        >
          <span className="min-w-0 truncate">{item.title}</span>
          <span className="ml-auto min-w-0 truncate text-13 text-muted">{item.hint}</span>
        </div>
      ))}
    </div>
  )
}
