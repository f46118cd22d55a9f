import type { SpanDetail } from '@atrium/contract'
import { CopyButton } from '../../ui/index.ts'
import { Fold } from './Fold.tsx'
import { jsonText } from './JsonView.tsx'

const mostShown = 200_000

/** The span as the API gives it. */
export function RawSpan({ span }: { span: SpanDetail }) {
  const copy = <CopyButton text={() => jsonText(span)} label="Copy the span as JSON" />
  return (
    <Fold title="JSON" aside={span.id} isOpen={false} action={copy}>
      {() => (
        <pre
          // Keyboard users must be able to scroll it.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          aria-label="The span as JSON"
          className="max-h-120 overflow-auto rounded-6 border border-line bg-sunken p-3 font-mono text-12 leading-5"
        >
          {jsonText(span).slice(0, mostShown)}
        </pre>
      )}
    </Fold>
  )
}
