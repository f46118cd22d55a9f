/** The product's own work as the spans that its workspaces look at, beside what an operator's collector gets. */
import type { AttributeValue, OtlpSpan, SpanKind } from '@atrium/wire/otlp'

/** Where a span belongs. */
export interface TracePlace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits; null for a root. */
  readonly parentId: string | null
}

/** Work for a workspace that has ended. Its spans are made later, when nobody waits for anything. */
export interface OwnWork {
  readonly workspaceId: string
  /** The one person who may read its messages; null for whoever may read traces. */
  readonly privateTo: string | null
  /** Characters that it keeps in memory until it is described, about. */
  readonly chars: number
  /** Called once. */
  readonly describe: () => readonly OtlpSpan[]
}

/** How much is kept: nothing, everything but what people and models wrote, or all of it. */
export type KeptWork = 'nothing' | 'figures' | 'texts'

/** Takes work at once; never throws. */
export type WorkKeeper = (work: OwnWork) => void

/** What an own span says; figures that are null or undefined are left out. */
export interface OwnSpan {
  readonly place: TracePlace
  /** 16 hexadecimal digits. */
  readonly spanId: string
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client' | 'consumer'
  /** Milliseconds since 1970. */
  readonly startedAtMs: number
  readonly durationMs: number
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>
  /** Set when the work has failed. */
  readonly error?: { readonly type: string; readonly message: string } | null
}

const kinds: Readonly<Record<OwnSpan['kind'], SpanKind>> = { internal: 1, server: 2, client: 3, consumer: 5 }

/** A span as exporters send them. */
export function otlpSpanOf(span: OwnSpan): OtlpSpan {
  const { place, error } = span
  const startNs = BigInt(Math.round(span.startedAtMs * 1000)) * 1000n
  const attributes = new Map<string, AttributeValue>()
  for (const [name, value] of Object.entries(span.attributes))
    if (value !== undefined && value !== null) attributes.set(name, value)
  if (error) attributes.set('error.type', error.type)
  return {
    traceId: place.traceId,
    spanId: span.spanId,
    parentSpanId: place.parentId ?? '',
    traceState: '',
    name: span.name,
    kind: kinds[span.kind],
    startNs,
    endNs: startNs + BigInt(Math.max(0, Math.round(span.durationMs * 1000))) * 1000n,
    attributes,
    events: [],
    links: [],
    status: error ? { code: 2, message: error.message } : { code: 0, message: '' },
    dropped: 0,
  }
}

/** The span of something that has an id: the second half of the id, which is random in a UUIDv7. */
export const spanIdOf = (uuid: string): string => uuid.slice(19).replace('-', '')

/** The trace of something that begins one of its own. */
export const traceIdOf = (uuid: string): string => uuid.replaceAll('-', '')
