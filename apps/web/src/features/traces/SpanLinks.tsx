import type { SpanDetail } from '@atrium/contract'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { AttributeList } from './AttributeList.tsx'

/** Spans of this or of other traces that this one names. */
export const SpanLinks = ({ links }: { links: SpanDetail['links'] }) => (
  <ul className="flex flex-col gap-2">
    {links.map(({ traceId, spanId, attributes }, index) => (
      // Links do not move.
      // oxlint-disable-next-line react/no-array-index-key
      <li key={`${spanId} ${index}`}>
        <AppLink
          to={paths.trace(traceId, spanId)}
          className="font-mono text-12 break-all underline decoration-line-strong underline-offset-3 hover:decoration-ink"
        >
          {traceId} · {spanId}
        </AppLink>
        {attributes.length > 0 && <AttributeList attributes={attributes} />}
      </li>
    ))}
  </ul>
)
