/* oxlint-disable jsx-a11y/prefer-tag-over-role --
   The elements it prefers cannot be a list of suggestions beside a field that keeps the focus. */
import { type KeyboardEvent, type SyntheticEvent, useId, useMemo, useRef, useState } from 'react'
import { cx, Icon, IconButton } from '../../ui/index.ts'
import { knownValues } from './known-values.ts'
import { queryTextOf, readQuery } from './query-text.ts'
import { type Suggestion, suggestionsFor } from './suggestions.ts'
import type { TracesView } from './use-traces.ts'

/** The filters as a line of text: the same state as the facets, read on Enter. */
export function QueryBar({ view, className }: { view: TracesView; className: string }) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const field = useQueryField(view)
  const { text, problem, isOpen, active, suggestions } = field
  return (
    <form aria-label="Query" onSubmit={field.submit} className={cx('relative', className)}>
      <Icon
        name="search"
        className="pointer-events-none absolute top-2 left-2.5 text-muted pointer-coarse:top-3.5"
      />
      <input
        ref={input}
        role="combobox"
        aria-label="Query"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
        aria-invalid={problem !== null || undefined}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="agent:shopper status:error min:2s"
        value={text}
        onChange={(event) => field.write(event.target.value)}
        onFocus={field.open}
        onBlur={field.close}
        onKeyDown={field.press}
        className="h-8 w-full rounded-6 border border-line-strong bg-raised pr-9 pl-8 font-mono text-13 transition-colors hover:border-muted focus:border-accent focus:outline-1 focus:outline-offset-0 focus:outline-accent aria-invalid:border-danger pointer-coarse:min-h-11 pointer-coarse:text-16"
      />
      {text !== '' && (
        <IconButton
          icon="close"
          size="sm"
          label="Clear the query"
          className="absolute top-1 right-1 pointer-coarse:top-0 pointer-coarse:right-0"
          onClick={() => {
            field.ask('')
            input.current?.focus()
          }}
        />
      )}
      {isOpen && <SuggestionList id={id} suggestions={suggestions} active={active} take={field.take} />}
      {problem !== null && (
        <p id={`${id}-problem`} role="alert" className="mt-1 text-13 text-danger">
          {problem}
        </p>
      )}
    </form>
  )
}

interface SuggestionListProps {
  id: string
  suggestions: readonly Suggestion[]
  active: number
  take: (suggestion: Suggestion) => void
}

const SuggestionList = ({ id, suggestions, active, take }: SuggestionListProps) => (
  <div
    id={`${id}-list`}
    role="listbox"
    aria-label="Suggestions"
    className="absolute inset-x-0 top-9 z-20 max-w-110 rounded-10 border border-line bg-raised p-1 shadow-overlay pointer-coarse:top-12"
  >
    {suggestions.map((suggestion, index) => (
      <div
        key={suggestion.text}
        id={`${id}-${index}`}
        role="option"
        aria-selected={index === active}
        tabIndex={-1}
        // The field keeps the focus.
        onPointerDown={(event) => {
          event.preventDefault()
          take(suggestion)
        }}
        className="touch-target flex h-7 cursor-pointer items-center gap-2 rounded-6 px-2 hover:bg-hover aria-selected:bg-pressed"
      >
        <span className="min-w-0 truncate font-mono text-13">{suggestion.label}</span>
        <span className="ml-auto shrink-0 text-12 text-muted tabular-nums">{suggestion.hint}</span>
      </div>
    ))}
  </div>
)

function useQueryField({ search, choose, traces }: TracesView) {
  const given = queryTextOf(search)
  const [text, setText] = useState(given)
  const [problem, setProblem] = useState<string | null>(null)
  const [isFocused, setFocused] = useState(false)
  const [active, setActive] = useState(-1)
  const [known, setKnown] = useState(given)
  // What is chosen elsewhere is written here.
  if (known !== given) {
    setKnown(given)
    setText(given)
    setProblem(null)
  }
  const suggestions = useMemo(() => suggestionsFor(text, knownValues(traces)), [text, traces])
  const isOpen = isFocused && suggestions.length > 0
  const write = (next: string) => {
    setText(next)
    setProblem(null)
    setActive(-1)
    setFocused(true)
  }
  const ask = (asked: string) => {
    const read = readQuery(asked)
    if (!read.ok) return setProblem(read.problem)
    setText(asked)
    setFocused(false)
    return choose(read.search)
  }
  const take = (suggestion: Suggestion) => write(suggestion.text)
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const chosen = suggestions[active]
    if (step !== undefined && suggestions.length > 0) {
      setFocused(true)
      setActive((now) => (now + step + suggestions.length + 1) % (suggestions.length + 1))
    } else if (isOpen && chosen && (event.key === 'Enter' || event.key === 'Tab')) take(chosen)
    else if (isOpen && event.key === 'Escape') setFocused(false)
    else return
    event.preventDefault()
  }
  return {
    text,
    problem,
    isOpen,
    active,
    suggestions,
    write,
    take,
    press,
    open: () => setFocused(true),
    close: () => setFocused(false),
    ask,
    submit: (event: SyntheticEvent) => {
      event.preventDefault()
      ask(text)
    },
  }
}
