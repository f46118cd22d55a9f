import type { Strategy } from '@atrium/contract'
import { useId } from 'react'
import { Button, Checkbox, IconButton, Select, type SelectOption, TextField } from '../../ui/index.ts'
import { nextKey, type TargetFields, targetFields, unusedModel } from './policy-form.ts'
import { usesPriority, usesWeight } from './policy-text.ts'

/** What a target may be: models of the catalogue, in groups by connection. */
export type ModelOptions = readonly SelectOption[]

interface TargetsProps {
  strategy: Strategy
  targets: TargetFields[]
  models: ModelOptions
  onTargets: (targets: TargetFields[]) => void
}

/** The models of a plan or of one variant, with the numbers that its strategy looks at. */
export function Targets({ strategy, targets, models, onTargets }: TargetsProps) {
  const ids = models.map(({ value }) => value)
  const set = (key: number, changes: Partial<TargetFields>) =>
    onTargets(targets.map((target) => (target.key === key ? { ...target, ...changes } : target)))
  const add = () =>
    onTargets([
      ...targets,
      targetFields(nextKey(targets), unusedModel(ids, targets), Math.min(100, targets.length + 1)),
    ])
  return (
    <div className="flex flex-col gap-2">
      <ol className="flex flex-col gap-2">
        {targets.map((target, index) => (
          <TargetRow
            key={target.key}
            place={index + 1}
            strategy={strategy}
            target={target}
            hasWeight={usesWeight(strategy, target, targets)}
            models={models}
            change={(changes) => set(target.key, changes)}
            remove={
              targets.length > 1 ? () => onTargets(targets.filter(({ key }) => key !== target.key)) : null
            }
          />
        ))}
      </ol>
      <div>
        <Button size="sm" icon="plus" onClick={add}>
          Add a model
        </Button>
      </div>
    </div>
  )
}

interface TargetRowProps {
  place: number
  strategy: Strategy
  target: TargetFields
  hasWeight: boolean
  models: ModelOptions
  change: (changes: Partial<TargetFields>) => void
  /** Null for the only one of its list. */
  remove: (() => void) | null
}

function TargetRow({ place, strategy, target, hasWeight, models, change, remove }: TargetRowProps) {
  const nameId = useId()
  const { model } = target
  const isKnown = models.some(({ value }) => value === model)
  const options = isKnown ? models : [{ value: model, label: `${model} (not in the catalogue)` }, ...models]
  return (
    <li className="flex flex-col gap-3 rounded-6 border border-line p-3" aria-labelledby={nameId}>
      <span id={nameId} className="sr-only">
        {`Model ${place}, ${model}`}
      </span>
      <div className="flex items-end gap-2">
        <Select
          label={`Model ${place}`}
          className="flex-1"
          options={options}
          value={model}
          onValue={(chosen) => change({ model: chosen })}
        />
        <IconButton
          icon="trash"
          label={`Remove model ${place}`}
          disabled={!remove}
          onClick={remove ?? undefined}
        />
      </div>
      <TargetNumbers strategy={strategy} target={target} hasWeight={hasWeight} change={change} />
    </li>
  )
}

type TargetNumbersProps = Pick<TargetRowProps, 'strategy' | 'target' | 'hasWeight' | 'change'>

function TargetNumbers({ strategy, target, hasWeight, change }: TargetNumbersProps) {
  const { priority, weight, maxOutputTokens, enabled } = target
  return (
    <div className="grid grid-cols-2 items-end gap-3 sm:grid-cols-4">
      {usesPriority(strategy) && (
        <TextField
          label="Priority"
          type="number"
          required
          min={1}
          max={100}
          step={1}
          value={priority}
          onChange={(event) => change({ priority: event.target.value })}
        />
      )}
      {hasWeight && (
        <TextField
          label={usesPriority(strategy) ? 'Weight among equals' : 'Weight'}
          type="number"
          required
          min={0}
          max={1000}
          step="any"
          value={weight}
          onChange={(event) => change({ weight: event.target.value })}
        />
      )}
      <TextField
        label="Answer, tokens"
        type="number"
        min={1}
        max={10_000_000}
        step={1}
        placeholder="no limit"
        value={maxOutputTokens}
        onChange={(event) => change({ maxOutputTokens: event.target.value })}
      />
      <div className="flex h-8 items-center pointer-coarse:h-11">
        <Checkbox label="In use" checked={enabled} onChange={(next) => change({ enabled: next })} />
      </div>
    </div>
  )
}
