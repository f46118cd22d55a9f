import type { Message, Model } from '@atrium/contract'
import { memo } from 'react'
import { exactCount, shortCount } from '../data/format.ts'
import { tokensInContext, totalCost } from '../data/total-cost.ts'

interface ContextMeterProps {
  messages: readonly Message[]
  model: Model | undefined
}

/** How full the model's context is and what the loaded conversation has cost. */
export const ContextMeter = memo(function ContextMeter({ messages, model }: ContextMeterProps) {
  const used = tokensInContext(messages)
  if (used === null) return null
  const limit = model?.contextTokens ?? null
  const share = limit ? Math.min(1, used / limit) : 0
  const cost = totalCost(messages)
  const context = limit ? `${exactCount(used)} of ${exactCount(limit)}` : exactCount(used)
  const tip = `Context in use: ${context} tokens. Cost so far: ${cost.long}.`
  return (
    <span className="flex items-center gap-2 text-12 text-muted tabular-nums max-sm:hidden" data-tip={tip}>
      {limit !== null && (
        <span
          className="relative h-1 w-8 overflow-hidden rounded-full bg-pressed max-sm:hidden"
          aria-hidden="true"
        >
          <span
            className={`absolute inset-0 origin-left ${share > 0.85 ? 'bg-warn' : 'bg-accent'}`}
            style={{ transform: `scaleX(${share})` }}
          />
        </span>
      )}
      <span className="sr-only">{tip}</span>
      <span aria-hidden="true">{`${shortCount(used)} tokens`}</span>
      <span aria-hidden="true">{/\d/.test(cost.short) ? `cost ${cost.short}` : cost.short}</span>
    </span>
  )
})
