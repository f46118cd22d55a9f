import { useId } from 'react'

interface ChoiceProps<V extends string> {
  legend: string
  options: readonly { value: V; label: string; hint?: string }[]
  value: V
  onValue: (value: V) => void
}

/** A few choices side by side, all in view. */
export function Choice<V extends string>({ legend, options, value, onValue }: ChoiceProps<V>) {
  const name = useId()
  return (
    <fieldset>
      <legend className="mb-1.5 text-13 font-medium">{legend}</legend>
      <div className="grid gap-2 sm:auto-cols-fr sm:grid-flow-col">
        {options.map((option) => (
          <label
            key={option.value}
            className="flex cursor-pointer flex-col rounded-6 border border-line px-3 py-2 transition-colors hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              onChange={() => onValue(option.value)}
              className="sr-only"
            />
            <span className="font-medium">{option.label}</span>
            {option.hint && <span className="text-12 text-muted">{option.hint}</span>}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
