import { formatMoment } from '../../format.ts'
import { Checkbox, Select, TextField } from '../../ui/index.ts'
import type { PricedModel, PriceFields } from './price-form.ts'

export interface PricePartProps {
  fields: PriceFields
  change: (changes: Partial<PriceFields>) => void
  problemOf: (field: string) => string | null
}

const scopes = [
  { value: 'model', label: 'This model at this connection' },
  { value: 'everywhere', label: 'This model at every connection' },
  { value: 'pattern', label: 'Every model whose name fits a pattern' },
] as const

/** For which models the price counts. */
export function PriceWhich({ fields, change, problemOf, model }: PricePartProps & { model: PricedModel }) {
  const { scope, pattern, isEverywhere } = fields
  return (
    <>
      <Select
        label="Counts for"
        hint={
          scope === 'pattern'
            ? 'A price for one connection or a longer name goes before a more general one.'
            : undefined
        }
        options={scopes}
        value={scope}
        onValue={(chosen) => change({ scope: chosen })}
      />
      {scope === 'pattern' && (
        <>
          <TextField
            label="Pattern"
            hint={`* stands for any characters. The provider calls this model ${model.upstreamId}.`}
            required
            mono
            maxLength={200}
            value={pattern}
            error={problemOf('modelPattern')}
            onChange={(event) => change({ pattern: event.target.value })}
          />
          <Checkbox
            label="At every connection"
            checked={isEverywhere}
            onChange={(checked) => change({ isEverywhere: checked })}
          />
        </>
      )}
    </>
  )
}

interface PriceWhenProps extends PricePartProps {
  /** What holds now; null for a new price. */
  effectiveFrom: string | null
}

/** From when on the price counts. */
export function PriceWhen({ fields: { start, day }, change, problemOf, effectiveFrom }: PriceWhenProps) {
  const kept = effectiveFrom ? formatMoment(effectiveFrom) : ''
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Select
        label="Effective from"
        hint={start === 'day' ? 'May lie in the past or in the future.' : undefined}
        options={[
          effectiveFrom === null
            ? { value: 'now', label: 'now' }
            : { value: 'keep', label: `as it is: ${kept}` },
          { value: 'day', label: 'the beginning of a day' },
        ]}
        value={start}
        error={start === 'day' ? null : problemOf('effectiveFrom')}
        onValue={(chosen) => change({ start: chosen })}
      />
      {start === 'day' && (
        <TextField
          label="Day"
          type="date"
          required
          value={day}
          error={problemOf('effectiveFrom')}
          onChange={(event) => change({ day: event.target.value })}
        />
      )}
    </div>
  )
}
