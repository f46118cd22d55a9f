import type { Message } from '@atrium/contract'
import type { ReactNode } from 'react'
import { useSession } from '../../../api/session.tsx'
import { paths } from '../../../paths.ts'
import { AppLink } from '../../../routes/links.tsx'
import { buttonClass, CopyButton, Dialog } from '../../../ui/index.ts'
import { costText, duration, exactCount } from '../data/format.ts'
import { useRun } from '../data/use-run.ts'

/** Tokens by kind, times, cost and the ids that lead to an answer's trace. */
export function DetailsDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const run = useRun(message.runId)
  const canTrace = useSession().can('trace:read')
  const requestId = message.error?.requestId ?? run?.requestId ?? null
  return (
    <Dialog open size="sm" title="About this answer" onClose={onClose}>
      <dl className="flex flex-col">
        {rowsOf(message).map(([name, value]) => (
          <div key={name} className="flex justify-between gap-4 border-b border-line py-1.5 last:border-b-0">
            <dt className="text-muted">{name}</dt>
            <dd className="text-right tabular-nums">{value}</dd>
          </div>
        ))}
        {message.traceId && (
          <IdRow name="Trace" id={message.traceId}>
            {canTrace && (
              <AppLink to={paths.trace(message.traceId)} className={buttonClass('secondary', 'sm')}>
                Open
              </AppLink>
            )}
          </IdRow>
        )}
        {requestId && <IdRow name="Request" id={requestId} />}
      </dl>
    </Dialog>
  )
}

function IdRow({ name, id, children }: { name: string; id: string; children?: ReactNode }) {
  return (
    <div className="flex items-center justify-between gap-4 border-b border-line py-1 last:border-b-0">
      <dt className="text-muted">{name}</dt>
      <dd className="flex min-w-0 items-center gap-1">
        <code className="truncate font-mono text-12">{id}</code>
        <CopyButton text={id} label={`Copy ${name.toLowerCase()} id`} />
        {children}
      </dd>
    </div>
  )
}

function rowsOf({ model, usage, timing, costNanoUsd, createdAt, status }: Message): [string, string][] {
  const rows: [string, string][] = [
    ['Model', model ?? 'Unknown'],
    ['Written', new Date(createdAt).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })],
  ]
  if (usage) {
    const { input, output } = usage
    const counts: [string, number][] = [
      ['Input tokens', input.uncached],
      ['Input from cache', input.cacheRead],
      ['Input written to cache', input.cacheWrite5m + input.cacheWrite1h],
      ['Output tokens', output.text],
      ['Reasoning tokens', output.reasoning],
    ]
    for (const [name, count] of counts) {
      if (count > 0 || name === 'Input tokens' || name === 'Output tokens')
        rows.push([name, exactCount(count)])
    }
    if (usage.estimated) rows.push(['Counted', 'by Atrium; the provider did not report'])
    rows.push(['Cost', costText(costNanoUsd)])
  }
  if (!usage && status === 'interrupted')
    rows.push(['Tokens and cost', 'unknown: Atrium stopped before they were told'])
  if (timing?.firstTokenMs !== undefined && timing.firstTokenMs !== null) {
    rows.push(['First token after', duration(timing.firstTokenMs)])
  }
  if (timing) rows.push(['Finished after', duration(timing.totalMs)])
  return rows
}
