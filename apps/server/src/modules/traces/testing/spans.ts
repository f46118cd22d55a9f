import { randomBytes } from 'node:crypto'
import type { Person } from '@atrium/testkit'
import type { Batch, OtlpSpan } from '@atrium/wire/otlp'

/** The secret of a new key of this person. */
export async function keyOf(person: Person, scopes: string[]): Promise<string> {
  const { body } = await person.client.post<{ secret: string }>(`${person.base}/api-keys`, {
    name: 'Agent',
    scopes,
  })
  return body.secret
}

/** Random bytes in hexadecimal, as ids are. */
export const hex = (bytes: number): string => randomBytes(bytes).toString('hex')

export const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n

/** A call of a model that ended just now. */
export function spanOf(over: Partial<OtlpSpan> = {}): OtlpSpan {
  const startNs = nowNs() - 5_000_000_000n
  return {
    traceId: hex(16),
    spanId: hex(8),
    parentSpanId: '',
    traceState: '',
    name: 'chat gpt-5',
    kind: 3,
    startNs,
    endNs: startNs + 1_500_000_000n,
    attributes: new Map<string, string | number>([
      ['gen_ai.operation.name', 'chat'],
      ['gen_ai.provider.name', 'openai'],
      ['gen_ai.request.model', 'gpt-5'],
      ['gen_ai.usage.input_tokens', 120],
      ['gen_ai.usage.cache_read.input_tokens', 20],
      ['gen_ai.usage.output_tokens', 30],
      ['app.tenant', 'blue'],
    ]),
    events: [],
    links: [],
    status: { code: 0, message: '' },
    dropped: 0,
    ...over,
  }
}

/** Spans of one application. */
export const batchOf = (records: OtlpSpan[]): Batch<OtlpSpan>[] => [
  {
    resource: new Map([
      ['service.name', 'shop'],
      ['service.version', '1.2.3'],
      ['deployment.environment.name', 'production'],
    ]),
    scope: { name: 'shop-agents', version: '2', attributes: new Map() },
    records,
  },
]
