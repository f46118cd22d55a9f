import { Select, TextField } from '../../ui/index.ts'
import { Metadata } from './Metadata.tsx'
import type { PreviewInputs } from './preview-inputs.ts'
import { type Choice, useChoices } from './use-choices.ts'

interface PreviewFormProps {
  inputs: PreviewInputs
  onInputs: (inputs: PreviewInputs) => void
}

/** The request that a preview imagines. */
export function PreviewForm({ inputs, onInputs }: PreviewFormProps) {
  const { people, teams, keys } = useChoices()
  const change = (changes: Partial<PreviewInputs>) => onInputs({ ...inputs, ...changes })
  return (
    <fieldset className="flex min-w-0 flex-col gap-4">
      <legend className="mb-2 w-full border-b border-line pb-1 font-medium">The imagined call</legend>
      <Metadata
        label="Metadata"
        hint="What the program would send as X-Atrium-Metadata."
        lines={inputs.metadata}
        onLines={(metadata) => change({ metadata })}
      />
      <div className="grid grid-cols-[repeat(auto-fit,minmax(9rem,1fr))] gap-3">
        <Who
          label="Person"
          none="You"
          choices={people}
          value={inputs.personId}
          onValue={(personId) => change({ personId })}
        />
        <Who
          label="Team"
          none="No team"
          choices={teams}
          value={inputs.teamId}
          onValue={(teamId) => change({ teamId })}
        />
        <Who
          label="Key"
          none="No key"
          choices={keys}
          value={inputs.keyId}
          onValue={(keyId) => change({ keyId })}
        />
        <TextField
          label="Tokens sent"
          type="number"
          min={0}
          max={10_000_000}
          step={1}
          value={inputs.inputTokens}
          onChange={(event) => change({ inputTokens: event.target.value })}
        />
      </div>
      <TextField
        label="Conversation"
        hint="Any text that stands for one: X-Atrium-Affinity. Sticky and A/B keep it on one side."
        mono
        maxLength={200}
        value={inputs.affinity}
        onChange={(event) => change({ affinity: event.target.value })}
      />
    </fieldset>
  )
}

interface WhoProps {
  label: string
  /** What nothing chosen means. */
  none: string
  choices: readonly Choice[]
  value: string
  onValue: (value: string) => void
}

function Who({ label, none, choices, value, onValue }: WhoProps) {
  if (choices.length === 0) return null
  return (
    <Select
      label={label}
      options={[{ value: '', label: none }, ...choices]}
      value={value}
      onValue={onValue}
    />
  )
}
