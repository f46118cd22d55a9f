import type { DisplayCurrency, RateKind } from '@atrium/contract'
import { Button, IconButton, TextField } from '../../ui/index.ts'
import { shownAmount } from '../gateway/money.ts'
import { convertedPrice, kindNames } from './model-price.ts'
import { type RateTexts, type TierFields, typedNanoUsd, type WrittenIn } from './price-form.ts'
import type { PricePartProps } from './PriceRules.tsx'

const main: readonly RateKind[] = ['input', 'output']
const more: readonly RateKind[] = ['cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'reasoning']
const media: readonly RateKind[] = [
  'inputAudio',
  'cacheReadAudio',
  'outputAudio',
  'inputImage',
  'cacheReadImage',
  'outputImage',
]
const mostTiers = 10

interface AmountsProps extends Pick<PricePartProps, 'fields' | 'change'> {
  display: DisplayCurrency | null
}

/** What a million tokens of each kind cost, and more when much is sent. */
export function PriceAmountFields({ fields, change, display }: AmountsProps) {
  const { rates, tiers, currency, exact, perCall } = fields
  const written = { currency, exact, display }
  const part = { rates, written, onRates: (next: RateTexts) => change({ rates: next }) }
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1.5 text-13 font-medium">Price of a million tokens</legend>
      <RateFields {...part} kinds={main} isRequired />
      <details open={isAny(rates, more)}>
        <summary className="touch-target min-h-6 cursor-pointer text-13 text-muted">
          Cache and reasoning
        </summary>
        <div className="flex flex-col gap-3 pt-2">
          <p className="text-13 text-muted">
            Reasoning costs what output does unless it has a price. Without a price for the cache, the cost of
            a call that used it is unknown.
          </p>
          <RateFields {...part} kinds={more} />
        </div>
      </details>
      <details open={isAny(rates, media) || perCall !== ''}>
        <summary className="touch-target min-h-6 cursor-pointer text-13 text-muted">
          Sound, images and single calls
        </summary>
        <div className="flex flex-col gap-3 pt-2">
          <RateFields {...part} kinds={media} />
          <Amount
            label="Each call, besides"
            text={perCall}
            written={written}
            onText={(text) => change({ perCall: text })}
          />
        </div>
      </details>
      <Tiers {...{ tiers, rates, written }} onTiers={(next) => change({ tiers: next })} />
    </fieldset>
  )
}

const isAny = (rates: RateTexts, kinds: readonly RateKind[]): boolean =>
  kinds.some((kind) => (rates[kind] ?? '') !== '')

interface TiersProps {
  tiers: readonly TierFields[]
  /** The usual prices: a kind without one has none for long inputs either. */
  rates: RateTexts
  written: WrittenIn
  onTiers: (tiers: readonly TierFields[]) => void
}

function Tiers({ tiers, rates, written, onTiers }: TiersProps) {
  const kinds = [...main, ...more, ...media].filter(
    (kind) => main.includes(kind) || (rates[kind] ?? '') !== '',
  )
  const set = (index: number, changes: Partial<TierFields>) =>
    onTiers(tiers.map((tier, place) => (place === index ? { ...tier, ...changes } : tier)))
  return (
    <>
      {tiers.map((tier, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- they have no names, and keep their order
        <div key={index} className="flex flex-col gap-3 rounded-6 border border-line p-3">
          <div className="flex items-end gap-2">
            <TextField
              label="When more tokens are sent than"
              type="number"
              min={1}
              step={1}
              required
              className="flex-1"
              value={tier.above}
              onChange={(event) => set(index, { above: event.target.value })}
            />
            <IconButton
              icon="trash"
              label="Remove these prices"
              onClick={() => onTiers(tiers.filter((_, place) => place !== index))}
            />
          </div>
          <RateFields
            kinds={kinds}
            rates={tier.rates}
            written={written}
            placeholder="as usual"
            onRates={(next) => set(index, { rates: next })}
          />
        </div>
      ))}
      {tiers.length < mostTiers && (
        <Button
          size="sm"
          icon="plus"
          className="self-start"
          onClick={() => onTiers([...tiers, { above: '', rates: {} }])}
        >
          Other prices for long inputs
        </Button>
      )}
    </>
  )
}

interface RateFieldsProps {
  kinds: readonly RateKind[]
  rates: RateTexts
  written: WrittenIn
  isRequired?: boolean
  placeholder?: string
  onRates: (rates: RateTexts) => void
}

const RateFields = ({ kinds, rates, onRates, ...rest }: RateFieldsProps) => (
  <div className="grid items-start gap-3 sm:grid-cols-2">
    {kinds.map((kind) => (
      <Amount
        key={kind}
        {...rest}
        label={kindNames[kind]}
        text={rates[kind] ?? ''}
        onText={(text) => onRates({ ...rates, [kind]: text })}
      />
    ))}
  </div>
)

interface AmountProps {
  label: string
  text: string
  written: WrittenIn
  isRequired?: boolean
  placeholder?: string
  onText: (text: string) => void
}

/** An amount in one money, with the other one below it. */
function Amount({ label, text, written, isRequired = false, placeholder, onText }: AmountProps) {
  const nanoUsd = text.trim() === '' ? null : typedNanoUsd(text, written)
  const { currency, display } = written
  const isWrong = text.trim() !== '' && nanoUsd === null
  const shown =
    nanoUsd !== null && display && display.currency !== 'USD'
      ? shownAmount(convertedPrice(nanoUsd, display), display)
      : null
  return (
    <TextField
      label={label}
      inputMode="decimal"
      required={isRequired}
      maxLength={20}
      placeholder={placeholder ?? (isRequired ? undefined : 'none of its own')}
      value={text}
      hint={shown && (currency === 'USD' ? shown.main : shown.usd)}
      error={isWrong ? 'Write an amount, such as 2.50' : null}
      onChange={(event) => onText(event.target.value)}
    />
  )
}
