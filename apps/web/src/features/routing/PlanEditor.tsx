import { Button, IconButton, Select, TextField } from '../../ui/index.ts'
import {
  nextKey,
  type PlanFields,
  targetFields,
  unusedModel,
  type VariantFields,
  withStrategy,
} from './policy-form.ts'
import { strategies } from './policy-text.ts'
import { type ModelOptions, Targets } from './Targets.tsx'

interface PlanEditorProps {
  plan: PlanFields
  models: ModelOptions
  onPlan: (plan: PlanFields) => void
}

const mostVariants = 10

/** How one model is chosen, and among which. */
export function PlanEditor({ plan, models, onPlan }: PlanEditorProps) {
  const { strategy, targets, variants } = plan
  const ids = models.map(({ value }) => value)
  return (
    <div className="flex flex-col gap-4">
      <Select
        label="Strategy"
        hint={strategies.find(({ value }) => value === strategy)?.hint}
        options={strategies}
        value={strategy}
        onValue={(chosen) => onPlan(withStrategy(plan, chosen, ids))}
      />
      {strategy === 'ab' ? (
        <Variants
          variants={variants}
          models={models}
          onVariants={(next) => onPlan({ ...plan, variants: next })}
        />
      ) : (
        <fieldset>
          <legend className="mb-1.5 text-13 font-medium">Models</legend>
          <Targets
            strategy={strategy}
            targets={targets}
            models={models}
            onTargets={(next) => onPlan({ ...plan, targets: next })}
          />
        </fieldset>
      )}
    </div>
  )
}

interface VariantsProps {
  variants: VariantFields[]
  models: ModelOptions
  onVariants: (variants: VariantFields[]) => void
}

function Variants({ variants, models, onVariants }: VariantsProps) {
  const total = variants.reduce((sum, { share }) => sum + Number(share), 0)
  const add = () => {
    const key = nextKey(variants)
    const used = variants.flatMap(({ targets }) => targets)
    const model = unusedModel(
      models.map(({ value }) => value),
      used,
    )
    const name = String.fromCodePoint((65 + variants.length) % 128)
    onVariants([...variants, { key, name, share: '50', targets: [targetFields(0, model)] }])
  }
  return (
    <div className="flex flex-col gap-3">
      {variants.map((variant, index) => (
        <Variant
          key={variant.key}
          place={index + 1}
          variant={variant}
          percent={total > 0 ? Math.round((Number(variant.share) / total) * 1000) / 10 : null}
          models={models}
          change={(changes) =>
            onVariants(
              variants.map((other) => (other.key === variant.key ? { ...other, ...changes } : other)),
            )
          }
          remove={
            variants.length > 2 ? () => onVariants(variants.filter(({ key }) => key !== variant.key)) : null
          }
        />
      ))}
      <div>
        <Button size="sm" icon="plus" disabled={variants.length >= mostVariants} onClick={add}>
          Add a variant
        </Button>
      </div>
    </div>
  )
}

interface VariantProps {
  place: number
  variant: VariantFields
  /** Its part of all shares; null when there are none. */
  percent: number | null
  models: ModelOptions
  change: (changes: Partial<VariantFields>) => void
  /** Null when fewer would be no comparison. */
  remove: (() => void) | null
}

function Variant({ place, variant, percent, models, change, remove }: VariantProps) {
  const { name, share, targets } = variant
  return (
    <fieldset className="flex flex-col gap-3 border-l-2 border-line-strong/60 pl-3">
      <legend className="sr-only">{`Variant ${place}, ${name}`}</legend>
      <div className="flex items-end gap-2">
        <TextField
          label={`Variant ${place}`}
          className="flex-1"
          required
          maxLength={60}
          value={name}
          onChange={(event) => change({ name: event.target.value })}
        />
        <TextField
          label={percent === null ? 'Share' : `Share (${percent} %)`}
          className="w-32"
          type="number"
          required
          min={0}
          max={1000}
          step="any"
          value={share}
          onChange={(event) => change({ share: event.target.value })}
        />
        <IconButton
          icon="trash"
          label={`Remove variant ${place}`}
          disabled={!remove}
          onClick={remove ?? undefined}
        />
      </div>
      <Targets
        strategy="ab"
        targets={targets}
        models={models}
        onTargets={(next) => change({ targets: next })}
      />
    </fieldset>
  )
}
