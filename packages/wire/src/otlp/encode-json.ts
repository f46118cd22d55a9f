import { droppedCount, isWhole } from './encode-proto.ts'
import type { Attributes, AttributeValue, Batch, OtlpSpan } from './types.ts'

/** Writes `ExportTraceServiceRequest` in OTLP's JSON. */
export function tracesToJson(batches: readonly Batch<OtlpSpan>[]): Uint8Array {
  const resourceSpans = batches.map(({ resource, scope, records }) => ({
    resource: { attributes: pairs(resource) },
    scopeSpans: [
      {
        scope: { name: scope.name, version: scope.version, attributes: pairs(scope.attributes) },
        spans: records.map(encodeSpan),
      },
    ],
  }))
  return new TextEncoder().encode(JSON.stringify({ resourceSpans }))
}

function encodeSpan(span: OtlpSpan) {
  const { traceId, spanId, parentSpanId, traceState, name, kind, status } = span
  return {
    traceId,
    spanId,
    ...(parentSpanId !== '' && { parentSpanId }),
    ...(traceState !== '' && { traceState }),
    name,
    kind,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    attributes: pairs(span.attributes),
    droppedAttributesCount: droppedCount(span),
    events: span.events.map((event) => ({
      timeUnixNano: String(event.timeNs),
      name: event.name,
      attributes: pairs(event.attributes),
    })),
    links: span.links.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: pairs(link.attributes),
    })),
    status,
  }
}

function pairs(attributes: Attributes) {
  return Array.from(attributes, ([key, value]) => ({ key, value: encodeValue(value) }))
}

function encodeValue(value: AttributeValue): object {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (isWhole(value)) return { intValue: int64Text(value) }
  if (typeof value === 'number') return { doubleValue: jsonDouble(value) }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (value instanceof Map) return { kvlistValue: { values: pairs(value) } }
  return { arrayValue: { values: (value as readonly AttributeValue[]).map(encodeValue) } }
}

/** What JSON has no number for is written as a string. */
function jsonDouble(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

function int64Text(value: number | bigint): string {
  if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) throw new RangeError(`invalid int64: ${value}`)
  return String(value)
}
