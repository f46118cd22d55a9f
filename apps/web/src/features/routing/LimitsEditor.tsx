import { Checkbox, TextField } from '../../ui/index.ts'
import type { LimitFields } from './policy-form.ts'

interface LimitsEditorProps {
  limits: LimitFields
  onLimits: (limits: LimitFields) => void
}

interface NumberField {
  name: Exclude<keyof LimitFields, 'hedges'>
  label: string
  hint: string
  min: number
  max: number
  isOptional?: boolean
}

const numbers: readonly NumberField[] = [
  { name: 'failovers', label: 'Other models to try', hint: 'Before the first word.', min: 0, max: 10 },
  { name: 'sameTarget', label: 'Tries of the last one', hint: 'After a clear refusal.', min: 0, max: 3 },
  {
    name: 'maxWaitMs',
    label: 'Longest wait, ms',
    hint: 'For a provider that asks for it.',
    min: 1,
    max: 60_000,
  },
  {
    name: 'firstTokenMs',
    label: 'To the first word, ms',
    hint: 'Then the next model is called.',
    min: 1,
    max: 600_000,
    isOptional: true,
  },
  {
    name: 'idleMs',
    label: 'Longest silence, ms',
    hint: 'Between two words.',
    min: 1,
    max: 600_000,
    isOptional: true,
  },
  {
    name: 'totalMs',
    label: 'In all, ms',
    hint: 'Then the answer is cut off.',
    min: 1,
    max: 3_600_000,
    isOptional: true,
  },
]

/** Failing over, time limits and hedging. */
export function LimitsEditor({ limits, onLimits }: LimitsEditorProps) {
  const change = (changes: Partial<LimitFields>) => onLimits({ ...limits, ...changes })
  return (
    <div className="flex flex-col gap-5">
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        {numbers.map(({ name, label, hint, min, max, isOptional }) => (
          <TextField
            key={name}
            label={label}
            hint={hint}
            type="number"
            min={min}
            max={max}
            step={1}
            required={!isOptional}
            placeholder={isOptional ? 'as usual' : undefined}
            value={limits[name]}
            onChange={(event) => change({ [name]: event.target.value })}
          />
        ))}
      </div>
      <div className="flex flex-col gap-3">
        <Checkbox
          label="Hedge: call a second model when the first is silent"
          hint="The faster one answers; the other is cut off and paid for what it may have used. A request can ask for it, too."
          checked={limits.hedges}
          onChange={(hedges) => change({ hedges })}
        />
        {limits.hedges && (
          <TextField
            label="Silent for, ms"
            className="ml-6 w-40"
            type="number"
            required
            min={1}
            max={60_000}
            step={1}
            value={limits.hedgeAfterMs}
            onChange={(event) => change({ hedgeAfterMs: event.target.value })}
          />
        )}
      </div>
    </div>
  )
}
