import type { AttributeValue, Origin, OtlpSpan, SpanEvent } from '@atrium/wire/otlp'
import type { SpanFacts } from '../facts.ts'
import { factsOf } from './index.ts'

export type Given = Readonly<Record<string, AttributeValue>>

const START_NS = 1_700_000_000_000_000_000n

export function spanOf(attributes: Given, over: Partial<OtlpSpan> = {}): OtlpSpan {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: '',
    traceState: '',
    name: 'span',
    kind: 1,
    startNs: START_NS,
    endNs: START_NS + 2_000_000_000n,
    attributes: new Map(Object.entries(attributes)),
    events: [],
    links: [],
    status: { code: 0, message: '' },
    dropped: 0,
    ...over,
  }
}

export function originOf(resource: Given = {}): Origin {
  return {
    resource: new Map(Object.entries(resource)),
    scope: { name: 'test', version: '1', attributes: new Map() },
  }
}

export function facts(attributes: Given, over: Partial<OtlpSpan> = {}, resource: Given = {}): SpanFacts {
  return factsOf(spanOf(attributes, over), originOf(resource))
}

export function event(name: string, attributes: Given, afterMs = 0): SpanEvent {
  const timeNs = START_NS + BigInt(afterMs) * 1_000_000n
  return { name, timeNs, attributes: new Map(Object.entries(attributes)) }
}

export function textOf(
  role: 'system' | 'user' | 'assistant' | 'tool',
  content: string,
  finishReason: string | null = null,
) {
  return { role, parts: [{ type: 'text', content }], finishReason }
}

export function restOf(told: SpanFacts): Record<string, AttributeValue> {
  return Object.fromEntries(told.rest)
}
