import { type Draft, field, message, record, repeated } from './message.ts'
import { requestOf } from './request.ts'
import { enumOf, fixed64, hex, text, uint32 } from './scalars.ts'
import type { OtlpSpan, SpanEvent, SpanKind, SpanLink, StatusCode } from './types.ts'
import { noAttributes, pair, putAttribute } from './values.ts'

/** Spans: opentelemetry/proto/trace/v1/trace.proto. */

const event = message<Draft<SpanEvent>>(
  () => ({ timeNs: 0n, name: '', attributes: noAttributes }),
  [
    field(1, 'timeUnixNano', fixed64, (target, timeNs) => {
      target.timeNs = timeNs
    }),
    field(2, 'name', text, (target, name) => {
      target.name = name
    }),
    repeated(3, 'attributes', pair, putAttribute),
  ],
)

const link = message<Draft<SpanLink>>(
  () => ({ traceId: '', spanId: '', attributes: noAttributes }),
  [
    field(1, 'traceId', hex, (target, traceId) => {
      target.traceId = traceId
    }),
    field(2, 'spanId', hex, (target, spanId) => {
      target.spanId = spanId
    }),
    repeated(4, 'attributes', pair, putAttribute),
  ],
)

const spanKind = enumOf<SpanKind>([
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
])

const statusCode = enumOf<StatusCode>(['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'])

const status = message<Draft<OtlpSpan['status']>>(
  () => ({ code: 0, message: '' }),
  [
    field(2, 'message', text, (target, message) => {
      target.message = message
    }),
    field(3, 'code', statusCode, (target, code) => {
      target.code = code
    }),
  ],
)

function emptySpan(): Draft<OtlpSpan> {
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    name: '',
    kind: 0,
    startNs: 0n,
    endNs: 0n,
    attributes: noAttributes,
    events: [],
    links: [],
    status: { code: 0, message: '' },
    dropped: 0,
  }
}

function addDropped(span: Draft<OtlpSpan>, dropped: number): void {
  span.dropped += dropped
}

const span = record<Draft<OtlpSpan>>(emptySpan, [
  field(1, 'traceId', hex, (target, traceId) => {
    target.traceId = traceId
  }),
  field(2, 'spanId', hex, (target, spanId) => {
    target.spanId = spanId
  }),
  field(3, 'traceState', text, (target, traceState) => {
    target.traceState = traceState
  }),
  field(4, 'parentSpanId', hex, (target, parentSpanId) => {
    target.parentSpanId = parentSpanId
  }),
  field(5, 'name', text, (target, name) => {
    target.name = name
  }),
  field(6, 'kind', spanKind, (target, kind) => {
    target.kind = kind
  }),
  field(7, 'startTimeUnixNano', fixed64, (target, startNs) => {
    target.startNs = startNs
  }),
  field(8, 'endTimeUnixNano', fixed64, (target, endNs) => {
    target.endNs = endNs
  }),
  repeated(9, 'attributes', pair, putAttribute),
  field(10, 'droppedAttributesCount', uint32, addDropped),
  repeated(11, 'events', event, (target, item) => target.events.push(item)),
  field(12, 'droppedEventsCount', uint32, addDropped),
  repeated(13, 'links', link, (target, item) => target.links.push(item)),
  field(14, 'droppedLinksCount', uint32, addDropped),
  field(15, 'status', status, (target, value) => {
    target.status = value
  }),
])

/** `ExportTraceServiceRequest`. */
export const traceRequest = requestOf<OtlpSpan>('resourceSpans', 'scopeSpans', 'spans', span)
