import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { Button, CopyButton, EmptyState } from '../../ui/index.ts'
import { narrowing } from './trace-filters.ts'
import type { TracesView } from './use-traces.ts'

/** What stands in the place of a list without traces: other filters, or how to send some. */
export function SendSpans({ view, workspace }: { view: TracesView; workspace: string }) {
  const { search, choose } = view
  const isNarrowed = narrowing.some((name) => search[name] !== undefined)
  if (isNarrowed) {
    const clear = () => choose(Object.fromEntries(narrowing.map((name) => [name, ''])))
    return (
      <EmptyState
        icon="waterfall"
        title="No traces match"
        action={<Button onClick={clear}>Clear the filters</Button>}
      >
        Nothing in this period is about all of what you chose.
      </EmptyState>
    )
  }
  const isAll = search.range === 'all'
  return (
    <div className="mx-auto flex max-w-160 flex-col gap-5">
      <header className="flex flex-col gap-1">
        <h2 className="text-16 font-semibold">{isAll ? 'No traces yet' : 'No traces in this period'}</h2>
        <p className="text-muted">
          Anything that speaks OpenTelemetry can send its spans to {workspace}. They appear here within
          seconds.
        </p>
        {!isAll && (
          <div className="mt-1">
            <Button size="sm" onClick={() => choose({ range: 'all', from: '', to: '' })}>
              Look at all time
            </Button>
          </div>
        )}
      </header>
      <SendingSteps />
    </div>
  )
}

/** From a key to the first span. */
export const SendingSteps = () => (
  <ol className="flex list-decimal flex-col gap-4 pl-5 marker:text-muted">
    <li>
      <p>
        Make a key with the permission <code className="font-mono text-13">telemetry:write</code> under{' '}
        <AppLink to={paths.keys()} className="underline decoration-line-strong underline-offset-3">
          Keys
        </AppLink>
        .
      </p>
    </li>
    <li>
      <p className="mb-2">Point the exporter of your application at Atrium:</p>
      <Snippet name="Environment" code={environmentOf(location.origin)} />
    </li>
    <li>
      <p className="mb-2">Or try it by hand:</p>
      <Snippet name="curl" code={curlOf(location.origin)} />
    </li>
  </ol>
)

const Snippet = ({ name, code }: { name: string; code: string }) => (
  <figure className="min-w-0 overflow-hidden rounded-6 border border-line bg-sunken">
    <figcaption className="flex h-8 items-center justify-between border-b border-line pr-1 pl-3 text-12 text-muted">
      {name}
      <CopyButton text={code} label={`Copy ${name}`} />
    </figcaption>
    <pre
      // Keyboard users must be able to scroll it.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      aria-label={name}
      className="overflow-x-auto px-3 py-2.5 font-mono text-12 leading-5"
    >
      {code}
    </pre>
  </figure>
)

const environmentOf = (origin: string): string =>
  [
    `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${origin}/v1/traces`,
    'OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer atr_…"',
    'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
  ].join('\n')

const curlOf = (origin: string): string => `now=$(date +%s)
curl ${origin}/v1/traces -H "authorization: Bearer $ATRIUM_KEY" -H 'content-type: application/json' -d '{
  "resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "hello"}}]},
    "scopeSpans": [{"spans": [{
      "traceId": "'$(openssl rand -hex 16)'", "spanId": "'$(openssl rand -hex 8)'", "name": "hello",
      "startTimeUnixNano": "'$now'000000000", "endTimeUnixNano": "'$now'250000000"
    }]}]
  }]
}'`
