import type { SpanDetail } from '@atrium/contract'
import { AttributeList } from './AttributeList.tsx'
import { durationText } from './duration.ts'

interface EventListProps {
  events: SpanDetail['events']
  traceStartUs: number
}

/** What happened within a span, in the order of time. */
export const EventList = ({ events, traceStartUs }: EventListProps) => (
  <ol className="flex flex-col gap-2">
    {events.map(({ timeNs, name, attributes }, index) => (
      // Events do not move.
      // oxlint-disable-next-line react/no-array-index-key
      <li key={`${timeNs} ${index}`}>
        <p className="flex items-baseline gap-2 text-13">
          <span className="font-medium [overflow-wrap:anywhere]">{name}</span>
          <span className="text-12 text-muted tabular-nums">
            after {durationText(afterMs(timeNs, traceStartUs))}
          </span>
        </p>
        {attributes.length > 0 && <AttributeList attributes={attributes} />}
      </li>
    ))}
  </ol>
)

/** Nanoseconds since 1970 do not fit into a number, those since the start of a trace do. */
const afterMs = (timeNs: string, traceStartUs: number): number =>
  Math.max(0, Number(BigInt(timeNs) - BigInt(Math.round(traceStartUs)) * 1000n) / 1e6)
