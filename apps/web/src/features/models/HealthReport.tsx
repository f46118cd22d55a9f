import type { ConnectionHealth } from '@atrium/contract'
import { formatAgo, formatMs } from '../../format.ts'
import { Notice } from '../../ui/index.ts'
import { stageAdvice, stageText } from './health-text.ts'

/** Says exactly how a test of a connection ended: where, with which status, how fast. */
export function HealthReport({ health }: { health: ConnectionHealth }) {
  const { ok, stage, message, status, latencyMs, modelCount, checkedAt } = health
  const facts = [
    status === null ? null : `HTTP ${status}`,
    latencyMs === null ? null : formatMs(latencyMs),
    modelCount === null ? null : `${modelCount} ${modelCount === 1 ? 'model' : 'models'}`,
    formatAgo(checkedAt),
  ].filter((fact) => fact !== null)
  const advice = ok ? null : stageAdvice(stage)
  return (
    <Notice tone={ok ? 'ok' : 'danger'} title={ok ? 'It works' : stageText(stage)}>
      {!ok && message && <p className="break-words">{message}</p>}
      {advice && <p className="text-muted">{advice}</p>}
      <p className="text-muted tabular-nums">{facts.join(' · ')}</p>
    </Notice>
  )
}
