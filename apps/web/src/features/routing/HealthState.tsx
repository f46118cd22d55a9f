import type { ModelHealth } from '@atrium/contract'
import { Badge } from '../../ui/index.ts'
import { coolingText } from './policy-text.ts'

const states = {
  closed: { tone: 'ok', text: 'answers' },
  'half-open': { tone: 'warn', text: 'is being tried' },
  open: { tone: 'danger', text: 'left out' },
} as const

interface HealthStateProps {
  health: ModelHealth
  /** When the figures were read, so that what is left of a cool-down fits them. */
  nowMs: number
  /** Leaves the reason out. */
  brief?: boolean
}

/** Whether a model is called at the moment, and if not, why and until when. */
export function HealthState({ health, nowMs, brief = false }: HealthStateProps) {
  const { tone, text } = states[health.state]
  if (brief) return <Badge tone={tone}>{text}</Badge>
  const why = coolingText(health, nowMs)
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <Badge tone={tone}>{text}</Badge>
      {why && <span className="text-muted">{why}</span>}
      {health.consecutiveFailures > 0 && (
        <span className="text-muted">{`${health.consecutiveFailures} failed in a row`}</span>
      )}
    </span>
  )
}
