import { IconButton, Select } from '../../ui/index.ts'
import type { Choice } from './use-choices.ts'

interface PickerProps {
  /** In the plural: “People”. */
  label: string
  /** Of the choice that adds one: “Add a person”. */
  addLabel: string
  choices: readonly Choice[]
  chosen: string[]
  onChosen: (ids: string[]) => void
}

/** Some members of a list; any one of them is enough. */
export function Picker({ label, addLabel, choices, chosen, onChosen }: PickerProps) {
  const rest = choices.filter(({ value }) => !chosen.includes(value))
  if (choices.length === 0 && chosen.length === 0) return null
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 text-13 font-medium">{label}</legend>
      {chosen.length > 0 && (
        <ul aria-label={label}>
          {chosen.map((id) => {
            const name = choices.find(({ value }) => value === id)?.label ?? `${id} (not known any more)`
            return (
              <li key={id} className="flex items-center gap-2">
                <span className="min-w-0 flex-1 text-13 break-words">{name}</span>
                <IconButton
                  icon="close"
                  size="sm"
                  label={`Remove ${name}`}
                  onClick={() => onChosen(chosen.filter((other) => other !== id))}
                />
              </li>
            )
          })}
        </ul>
      )}
      {rest.length > 0 && (
        <Select
          label={addLabel}
          hideLabel
          options={[{ value: '', label: `${addLabel}…` }, ...rest]}
          value=""
          onValue={(id) => id !== '' && onChosen([...chosen, id])}
        />
      )}
    </fieldset>
  )
}
