import type { DisplayCurrency, ModelPrice } from '@atrium/contract'
import { useMemo } from 'react'
import { useSession } from '../../api/session.tsx'
import { type Column, Table } from '../../ui/index.ts'
import { Amount } from '../gateway/Amount.tsx'
import { convertedPrice, originSentences, type PriceLine, priceLines } from './model-price.ts'
import { OwnPrices } from './OwnPrices.tsx'

interface ModelPricesProps {
  /** What people call the model. */
  name: string
  price: ModelPrice
  /** Null until it is read. */
  display: DisplayCurrency | null
}

/** What a model costs, where that comes from, and the prices that the workspace has agreed itself. */
export function ModelPrices({ name, price, display }: ModelPricesProps) {
  const { can } = useSession()
  const { connectionId, upstreamId } = price
  return (
    <>
      <CurrentPrice price={price} display={display} />
      {connectionId !== null && can('model:read') && (
        <OwnPrices name={name} model={{ connectionId, upstreamId }} price={price} display={display} />
      )}
    </>
  )
}

function CurrentPrice({ price, display }: Omit<ModelPricesProps, 'name'>) {
  const lines = priceLines(price)
  const columns = useMemo(() => priceColumns(display), [display])
  const isDollars = !display || display.currency === 'USD'
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-semibold">Price of a million tokens</h3>
      {lines.length > 0 && price.origin !== 'free' && (
        <Table
          caption="Price of a million tokens"
          columns={columns}
          rows={lines}
          rowKey={({ name, aboveInputTokens }) => `${name} ${aboveInputTokens}`}
        />
      )}
      {price.sheet && price.sheet.perCall !== '0' && (
        <p className="text-13">
          Each call costs{' '}
          {display && <Amount cost={convertedPrice(price.sheet.perCall, display)} display={display} />}{' '}
          besides.
        </p>
      )}
      <p className={`text-13 ${price.origin === 'unknown' ? 'text-warn' : 'text-muted'}`}>
        {originSentences[price.origin]}
      </p>
      {price.version !== null && (
        <p className="text-12 text-muted">
          Its calls are recorded with the price <span className="font-mono break-all">{price.version}</span>.
        </p>
      )}
      {!isDollars && lines.length > 0 && price.origin !== 'free' && (
        <p className="text-12 break-words text-muted">
          {`A dollar is ${Number(display.perUsd).toFixed(4)} ${display.currency}, by the rate of ${display.rateDate} (${display.rateSource}).`}
        </p>
      )}
    </section>
  )
}

const priceColumns = (display: DisplayCurrency | null): Column<PriceLine>[] => [
  {
    id: 'name',
    header: 'Kind',
    isTitle: true,
    className: '@xl:w-full font-normal',
    cell: ({ name, aboveInputTokens }) =>
      aboveInputTokens === null
        ? name
        : `${name}, when more than ${aboveInputTokens.toLocaleString('en')} tokens are sent`,
  },
  {
    id: 'price',
    header: 'Price',
    align: 'end',
    cell: ({ nanoUsd }) => display && <Amount cost={convertedPrice(nanoUsd, display)} display={display} />,
  },
]
