import { formatMs } from '../../format.ts'
import { Badge } from '../../ui/index.ts'
import { type ReadWhy, readWhy } from './call-text.ts'

/** Why a call went where it went: who was considered, who was tried, and what came of it. */
export function WhySection({ why }: { why: Readonly<Record<string, unknown>> }) {
  const read = readWhy(why)
  return (
    <section className="flex flex-col gap-3 text-13">
      <h3 className="text-14 font-semibold">Why it went there</h3>
      <p>{sentence(read)}</p>
      {read.candidates.length > 0 && (
        <div>
          <h4 className="mb-1 text-muted">Considered</h4>
          <ul>
            {read.candidates.map(({ deployment, passedOver, score }) => (
              <li
                key={deployment}
                className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line py-1"
              >
                <span className="font-mono text-12 break-all">{deployment}</span>
                <span className="text-muted">
                  {deployment === read.chosen ? (
                    <Badge tone="accent">chosen</Badge>
                  ) : (
                    (passedOver ?? 'in reserve')
                  )}
                  {score !== null && ` · ${Math.round(score * 100) / 100}`}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {read.attempts.length > 0 && (
        <div>
          <h4 className="mb-1 text-muted">Tried</h4>
          <ol>
            {read.attempts.map(({ deployment, outcome, ms, note }, index) => (
              <li
                key={`${index} ${deployment}`}
                className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line py-1"
              >
                <span className="font-mono text-12 break-all">{deployment}</span>
                <span className="text-muted">
                  {[outcome, note, ms === null ? '' : formatMs(Math.round(ms))].filter(Boolean).join(' · ')}
                </span>
              </li>
            ))}
          </ol>
        </div>
      )}
      {read.stopped && <p className="text-muted">{`Stopped there: ${read.stopped}`}</p>}
      {read.fidelity.length > 0 && (
        <p className="text-muted">{`Carried over differently: ${read.fidelity.join('; ')}`}</p>
      )}
      <details>
        <summary className="min-h-6 cursor-pointer text-muted">The whole record</summary>
        <pre className="max-h-80 overflow-auto rounded-6 bg-sunken p-3 font-mono text-12 whitespace-pre-wrap">
          {JSON.stringify(why, null, 2)}
        </pre>
      </details>
    </section>
  )
}

function sentence({ policy, version, rule, variant, passthrough }: ReadWhy): string {
  const parts = [
    policy === null || policy === 'single'
      ? 'The model was named itself.'
      : `The policy “${policy}”${version === null ? '' : `, version ${version},`} chose.`,
    rule && `The rule “${rule}” applied.`,
    variant && `Variant “${variant}” was drawn.`,
    passthrough && 'Bytes passed untouched.',
  ]
  return parts.filter(Boolean).join(' ')
}
