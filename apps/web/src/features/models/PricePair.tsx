import type { DisplayCurrency, Model } from '@atrium/contract'
import { formatUsd } from '../../format.ts'
import { shownAmount } from '../gateway/money.ts'
import { convertedPrice } from './model-price.ts'

interface PricePairProps {
  model: Model
  /** Null while it is not known: dollars alone are shown. */
  display: DisplayCurrency | null
}

/** What a million tokens cost, sent and written, in the currency of the workspace and in dollars. */
export function PricePair({ model: { price }, display }: PricePairProps) {
  if (!price) return <span className="whitespace-nowrap text-warn">price unknown</span>
  const { inputNanoUsd, outputNanoUsd } = price
  if (inputNanoUsd === '0' && outputNanoUsd === '0') return <span className="text-muted">no cost</span>
  const [input, output] = [inputNanoUsd, outputNanoUsd].map((nano) =>
    display ? shownAmount(convertedPrice(nano, display), display) : { main: formatUsd(nano), usd: null },
  )
  return (
    <span className="flex flex-wrap gap-x-2 @xl:block">
      <span className="whitespace-nowrap">{`${input?.main} / ${output?.main}`}</span>
      {input?.usd && (
        <span className="block whitespace-nowrap text-muted">{`${input.usd} / ${output?.usd}`}</span>
      )}
    </span>
  )
}
