import type { CallDetail } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useSession } from '../../api/session.tsx'
import { formatMoment, formatMs } from '../../format.ts'
import { CopyButton, Dialog, ErrorState, SkeletonRows } from '../../ui/index.ts'
import { Amount } from '../gateway/Amount.tsx'
import { statusText, tokensOf } from './call-text.ts'
import { usageQueries } from './usage-query.ts'
import { WhySection } from './WhySection.tsx'

interface CallDialogProps {
  /** Null when closed. */
  callId: string | null
  onClose: () => void
}

/** One call: what it was, why it went where it went, and what it cost. */
export function CallDialog({ callId, onClose }: CallDialogProps) {
  return (
    <Dialog open={callId !== null} onClose={onClose} title="Call" size="lg">
      {callId !== null && <CallContent callId={callId} />}
    </Dialog>
  )
}

function CallContent({ callId }: { callId: string }) {
  const { data, error, refetch } = useQuery(usageQueries.call(useSession().workspace.id, callId))
  if (data) return <Call call={data} />
  if (!error) return <SkeletonRows rows={6} label="Reading the call" />
  return <ErrorState title="The call could not be read." error={error} onRetry={() => void refetch()} />
}

function Call({ call }: { call: CallDetail }) {
  const { display, tokens } = call
  const cached = tokens.cacheRead + tokens.cacheWrite5m + tokens.cacheWrite1h
  const facts: [string, ReactNode][] = [
    ['Time', formatMoment(call.createdAt)],
    ['Asked for', call.model],
    ['Called', call.upstreamModel ? `${call.upstreamModel} · ${call.connection?.name ?? '?'}` : 'no model'],
    ['Person', call.person.name ?? 'somebody who left'],
    ['Key', call.key?.name ?? 'none'],
    ['Team', call.team?.name ?? 'none'],
    ['For', call.dialect ? `${forText[call.purpose]}, ${call.dialect}` : forText[call.purpose]],
    ['Outcome', call.errorCode ? `${statusText[call.status]}: ${call.errorCode}` : statusText[call.status]],
    ['First token', call.firstTokenMs === null ? '–' : formatMs(call.firstTokenMs)],
    ['Took', formatMs(call.totalMs)],
    ['Tokens', `${tokensOf(tokens).toLocaleString('en')}${call.estimated ? ', estimated' : ''}`],
    [
      'Of these',
      `${tokens.inputUncached} in, ${cached} cached, ${tokens.outputText} out, ${tokens.outputReasoning} thinking`,
    ],
    ['Cost', <Amount key="cost" cost={call.cost} display={display} />],
  ]
  return (
    <div className="flex flex-col gap-6">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-13 sm:grid-cols-[auto_minmax(0,1fr)_auto_minmax(0,1fr)]">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      <WhySection why={call.why} />
      {call.ratings.length > 1 && <Ratings call={call} />}
      <p className="flex flex-wrap items-center gap-1 text-12 text-muted">
        <span className="font-mono break-all">{call.id}</span>
        <CopyButton text={call.id} label="Copy the id of the call" />
      </p>
    </div>
  )
}

const forText: Record<CallDetail['purpose'], string> = {
  chat: 'an answer in the chat',
  title: 'the automatic title of a conversation',
  test: 'a test of a connection',
  gateway: 'a program, through the gateway',
}

const Ratings = ({ call: { ratings, display } }: { call: CallDetail }) => (
  <section>
    <h3 className="mb-1 font-semibold">Prices it was given</h3>
    <ul className="text-13">
      {ratings.map(({ ratedAt, priceVersion, cost }) => (
        <li key={ratedAt} className="flex flex-wrap justify-between gap-x-4 border-b border-line py-1">
          <span>
            {formatMoment(ratedAt)}
            {priceVersion && <span className="text-muted"> · {priceVersion}</span>}
          </span>
          <Amount cost={cost} display={display} />
        </li>
      ))}
    </ul>
  </section>
)
