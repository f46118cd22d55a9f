/** Spans as agents send them, of about one kilobyte each. */
import { randomBytes } from 'node:crypto'
import type { Batch, OtlpSpan } from '@atrium/wire/otlp'
import { range } from './stats.ts'

const words =
  'the quick brown fox jumps over a lazy dog while agents talk about orders refunds travel and plans'.split(
    ' ',
  )

/** As the collector's and the SDKs' batch processors send. */
export const spansPerBatch = 512
/** Spans of agents at work in the last minute, eight of a trace: calls of models, tools, and what is around them. */
export function batchOfSpans(random: () => number, count = spansPerBatch): Batch<OtlpSpan> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const text = (count: number): string =>
    range(count)
      .map(() => pick(words))
      .join(' ')
  const traces = range(Math.ceil(count / 8)).map(() => ({
    id: hex(16),
    root: hex(8),
    session: `session-${hex(4)}`,
  }))
  const records = range(count).map((index): OtlpSpan => {
    const trace = traces[index % traces.length] ?? { id: '', root: '', session: '' }
    const isRoot = index < traces.length
    return spanOf({ trace, isRoot, startMs: Date.now() - 60_000 + index, pick, text, random })
  })
  return {
    resource: new Map([
      ['service.name', 'shop-agents'],
      ['service.version', '2.4.1'],
      ['deployment.environment.name', 'production'],
    ]),
    scope: { name: 'bench', version: '1', attributes: new Map() },
    records,
  }
}

interface Making {
  readonly trace: { readonly id: string; readonly root: string; readonly session: string }
  readonly isRoot: boolean
  readonly startMs: number
  readonly pick: <T>(list: readonly T[]) => T
  readonly text: (words: number) => string
  readonly random: () => number
}

/** A span of about one kilobyte: a model's call with its question and answer, a tool, or the agent around them. */
function spanOf({ trace, isRoot, startMs, pick, text, random }: Making): OtlpSpan {
  const startNs = BigInt(startMs) * 1_000_000n
  const isCall = !isRoot && random() < 0.5
  const message = (role: string, content: string): string =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
  const own: [string, string | number][] = isCall
    ? [
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.provider.name', 'openai'],
        ['gen_ai.request.model', pick(['gpt-5', 'gpt-5-mini'])],
        ['gen_ai.usage.input_tokens', Math.floor(random() * 4000)],
        ['gen_ai.usage.output_tokens', Math.floor(random() * 800)],
        ['gen_ai.input.messages', message('user', text(32))],
        ['gen_ai.output.messages', message('assistant', text(32))],
      ]
    : [
        ['gen_ai.operation.name', isRoot ? 'invoke_agent' : 'execute_tool'],
        ['gen_ai.tool.name', pick(['lookup_order', 'refund', 'search'])],
        ['gen_ai.tool.call.arguments', JSON.stringify({ query: text(30) })],
        ['gen_ai.tool.call.result', text(50)],
      ]
  return {
    traceId: trace.id,
    spanId: isRoot ? trace.root : hex(8),
    parentSpanId: isRoot ? '' : trace.root,
    traceState: '',
    name: isRoot ? 'answer the customer' : isCall ? 'chat' : 'tool',
    kind: isCall ? 3 : 1,
    startNs,
    endNs: startNs + BigInt(Math.floor(random() * 2e9)),
    attributes: new Map<string, string | number>([
      ['gen_ai.agent.name', pick(['support', 'researcher', 'planner'])],
      ['session.id', trace.session],
      ['user.id', `user-${Math.floor(random() * 500)}`],
      ['app.tenant', pick(['red', 'green', 'blue'])],
      ['app.request', hex(8)],
      ...own,
    ]),
    events: [],
    links: [],
    status: { code: random() < 0.02 ? 2 : 0, message: '' },
    dropped: 0,
  }
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
