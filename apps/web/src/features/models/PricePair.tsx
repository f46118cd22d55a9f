import type { DisplayCurrency, Model, PriceSheet } from '@atrium/contract'
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
  const { main, usd } = pairText(inputNanoUsd, outputNanoUsd, display)
  return (
    <span className="flex flex-wrap gap-x-2 @xl:block">
      <span className="whitespace-nowrap">{main}</span>
      {usd && <span className="block whitespace-nowrap text-muted">{usd}</span>}
    </span>
  )
}

/** The same of a whole price, in one line. */
export function PriceAmounts({ sheet, display }: { sheet: PriceSheet; display: DisplayCurrency | null }) {
  const { input, output } = sheet.rates
  const { main, usd } = pairText(input?.base ?? '0', output?.base ?? '0', display)
  return (
    <span className="tabular-nums">
      <span className="font-medium">{main}</span>
      {usd && <span className="text-muted"> · {usd}</span>}
    </span>
  )
}

/** `$2.50 / $10.00`: sent and written; the second text is null where the first is in dollars. */
function pairText(
  inputNanoUsd: string,
  outputNanoUsd: string,
  display: DisplayCurrency | null,
): { main: string; usd: string | null } {
  const [input, output] = [inputNanoUsd, outputNanoUsd].map((nano) =>
    display ? shownAmount(convertedPrice(nano, display), display) : { main: formatUsd(nano), usd: null },
  )
  return {
    main: `${input?.main} / ${output?.main}`,
    usd: input?.usd ? `${input.usd} / ${output?.usd}` : null,
  }
}
