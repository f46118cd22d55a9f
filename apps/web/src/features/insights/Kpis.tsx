import type { Reply } from '../../api/client.ts'
import { formatMoment } from '../../format.ts'
import { cx, Skeleton, Waiting } from '../../ui/index.ts'
import { type KpiTile, kpiTiles } from './figures.ts'

const gridClass =
  'grid grid-cols-2 gap-px overflow-hidden rounded-6 border border-line bg-line sm:grid-cols-3 lg:grid-cols-4'
const tileClass = 'flex min-w-0 flex-col bg-paper px-4 py-3'

/** The figures of the period, each with its change against the one before. */
export function Kpis({
  reply: { current, previous, previousPeriod, asOf },
}: {
  reply: Reply<'readHomeKpis'>
}) {
  const comparison =
    previous.spans === 0
      ? 'Nothing was sent in the period before.'
      : `Compared with ${spanText(previousPeriod)}.`
  return (
    <section aria-label="Figures" className="flex flex-col gap-2">
      <dl className={gridClass}>
        {kpiTiles(current, previous).map((tile) => (
          <Tile key={tile.name} tile={tile} />
        ))}
      </dl>
      <p className="text-12 text-muted tabular-nums">
        {comparison} Latency and first token are those of calls of models. As of {formatMoment(asOf)}.
      </p>
    </section>
  )
}

const tones = { better: 'text-ok', worse: 'text-danger', neutral: 'text-muted' } as const

const Tile = ({ tile: { name, value, change, note } }: { tile: KpiTile }) => (
  <div className={tileClass}>
    <dt className="text-13 text-muted">{name}</dt>
    <dd className="flex flex-wrap items-baseline gap-x-2 tabular-nums">
      <span className="text-20 font-semibold tracking-tight">{value}</span>
      {change && <span className={cx('text-12', tones[change.tone])}>{change.text}</span>}
    </dd>
    {note && <dd className="text-12 text-muted tabular-nums">{note}</dd>}
  </div>
)

export const KpisSkeleton = () => (
  <Waiting label="Reading the figures">
    <div className={gridClass}>
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} className={cx(tileClass, 'gap-2')}>
          <Skeleton className="h-3 w-20" />
          <Skeleton className="h-5 w-24" />
        </div>
      ))}
    </div>
  </Waiting>
)

const spanText = ({ from, to }: { from: string; to: string }): string =>
  `${shortMoment(from)} – ${shortMoment(to)}`

const shortMoment = (timestamp: string): string =>
  new Date(timestamp).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
