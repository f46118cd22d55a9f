import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import { describe, expect, test } from 'vitest'
import { decodeLogs, decodeMetrics, decodeTraces, encodeExportResponse, OtlpFormatError } from './index.ts'

/** What OpenTelemetry's own encoder writes, `@opentelemetry/otlp-transformer`, from data in the shape of its SDK. */

const traceId = '5b8efff798038103d269b633813fc60c'
const spanId = 'eee19b7ec3c1b174'
const parentId = 'eee19b7ec3c1b173'
const context = (id: string) => ({ traceId, spanId: id, traceFlags: 1, isRemote: false })
const attributes = {
  text: 'ünï 🌍',
  whole: 42,
  negative: -7,
  fraction: 0.25,
  yes: true,
  list: ['a', 'b'],
  ['__proto__']: 'harmless',
}
const decoded = new Map<string, unknown>(Object.entries(attributes))
const resource = { attributes: { 'service.name': 'shop' }, asyncAttributesPending: false }
const scope = { name: 'library', version: '1.2' }
const origin = {
  resource: new Map([['service.name', 'shop']]),
  scope: { ...scope, attributes: new Map() },
}
const startTime: [number, number] = [1_790_000_000, 123_456_789]
const endTime: [number, number] = [1_790_000_001, 5]
const startNs = 1_790_000_000_123_456_789n
const endNs = 1_790_000_001_000_000_005n

type SdkSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number]
type SdkLog = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number]
type SdkMetrics = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0]

const span = {
  name: 'chat gpt-4o',
  kind: 2,
  spanContext: () => context(spanId),
  parentSpanContext: context(parentId),
  startTime,
  endTime,
  status: { code: 2, message: 'refused' },
  attributes,
  links: [{ context: context(parentId), attributes: { n: 1 } }],
  events: [{ name: 'first token', time: endTime, attributes: { n: 2 } }],
  resource,
  instrumentationScope: scope,
  droppedAttributesCount: 1,
  droppedEventsCount: 2,
  droppedLinksCount: 3,
} as unknown as SdkSpan

const log = {
  hrTime: startTime,
  hrTimeObserved: endTime,
  spanContext: context(spanId),
  severityText: 'WARN',
  severityNumber: 13,
  eventName: 'card.declined',
  body: { reason: 'funds', tries: [1, 2], raw: new Uint8Array([1, 255]) },
  resource,
  instrumentationScope: scope,
  attributes,
  droppedAttributesCount: 0,
} as unknown as SdkLog

const descriptor = (name: string, valueType = 1) => ({ name, description: 'd', unit: 'By', valueType })
const point = (value: unknown) => ({ startTime, endTime, attributes, value })

/** `dataPointType`: 0 histogram, 1 exponential histogram, 2 gauge, 3 sum. `valueType`: 0 integer, 1 double. */
const metrics = {
  resource,
  scopeMetrics: [
    {
      scope,
      metrics: [
        {
          dataPointType: 3,
          aggregationTemporality: 0,
          isMonotonic: true,
          descriptor: descriptor('sum', 0),
          dataPoints: [point(12), point(-3)],
        },
        {
          dataPointType: 2,
          aggregationTemporality: 1,
          descriptor: descriptor('gauge'),
          dataPoints: [point(0.5)],
        },
        {
          dataPointType: 0,
          aggregationTemporality: 1,
          descriptor: descriptor('histogram'),
          dataPoints: [
            point({
              buckets: { boundaries: [1, 2.5], counts: [3, 0, 1] },
              sum: 9.5,
              count: 4,
              min: 0,
              max: 5,
            }),
          ],
        },
        {
          dataPointType: 1,
          aggregationTemporality: 0,
          descriptor: descriptor('exponential'),
          dataPoints: [
            point({
              count: 7,
              sum: 8,
              min: -4,
              max: 4,
              scale: 0,
              zeroCount: 1,
              positive: { offset: 0, bucketCounts: [1, 2] },
              negative: { offset: 0, bucketCounts: [0, 3] },
            }),
          ],
        },
      ],
    },
  ],
} as unknown as SdkMetrics

const serializers = {
  protobuf: {
    traces: ProtobufTraceSerializer,
    logs: ProtobufLogsSerializer,
    metrics: ProtobufMetricsSerializer,
  },
  json: { traces: JsonTraceSerializer, logs: JsonLogsSerializer, metrics: JsonMetricsSerializer },
}

describe.each(['protobuf', 'json'] as const)('%s', (encoding) => {
  const official = serializers[encoding]

  test('spans', () => {
    expect(decodeTraces(written(official.traces.serializeRequest([span])), encoding)).toEqual([
      {
        ...origin,
        records: [
          {
            traceId,
            spanId,
            parentSpanId: parentId,
            traceState: '',
            name: 'chat gpt-4o',
            kind: 3,
            startNs,
            endNs,
            attributes: decoded,
            events: [{ timeNs: endNs, name: 'first token', attributes: new Map([['n', 2]]) }],
            links: [{ traceId, spanId: parentId, attributes: new Map([['n', 1]]) }],
            status: { code: 2, message: 'refused' },
            dropped: 6,
          },
        ],
      },
    ])
  })

  test('log records', () => {
    expect(decodeLogs(written(official.logs.serializeRequest([log])), encoding)).toEqual([
      {
        ...origin,
        records: [
          {
            timeNs: startNs,
            observedNs: endNs,
            severity: 13,
            severityText: 'WARN',
            eventName: 'card.declined',
            body: new Map<string, unknown>([
              ['reason', 'funds'],
              ['tries', [1, 2]],
              ['raw', new Uint8Array([1, 255])],
            ]),
            attributes: decoded,
            traceId,
            spanId,
          },
        ],
      },
    ])
  })

  test('metrics', () => {
    const common = { description: 'd', unit: 'By' }
    const when = { startNs, timeNs: endNs, attributes: decoded }
    const noQuantiles = { quantiles: [], quantileValues: [] }
    const single = (value: number) => ({ ...when, value, distribution: null })
    expect(decodeMetrics(written(official.metrics.serializeRequest(metrics)), encoding)).toEqual([
      {
        ...origin,
        records: [
          {
            ...common,
            name: 'sum',
            type: 'sum',
            temporality: 'delta',
            monotonic: true,
            points: [single(12), single(-3)],
          },
          {
            ...common,
            name: 'gauge',
            type: 'gauge',
            temporality: 'none',
            monotonic: false,
            points: [single(0.5)],
          },
          {
            ...common,
            name: 'histogram',
            type: 'histogram',
            temporality: 'cumulative',
            monotonic: false,
            points: [
              {
                ...when,
                value: null,
                distribution: {
                  count: 4,
                  sum: 9.5,
                  min: 0,
                  max: 5,
                  bounds: [1, 2.5],
                  counts: [3, 0, 1],
                  ...noQuantiles,
                },
              },
            ],
          },
          {
            ...common,
            name: 'exponential',
            type: 'exponential_histogram',
            temporality: 'delta',
            monotonic: false,
            points: [
              {
                ...when,
                value: null,
                distribution: {
                  count: 7,
                  sum: 8,
                  min: -4,
                  max: 4,
                  // Below -4, (-4, -2], (-2, -1], around zero, (1, 2], (2, 4], above 4.
                  bounds: [-4, -2, -1, 1, 2, 4],
                  counts: [0, 3, 0, 1, 1, 2, 0],
                  ...noQuantiles,
                },
              },
            ],
          },
        ],
      },
    ])
  })

  test('bodies that are cut off anywhere are refused or read, never anything else', () => {
    const bodies = [
      { decode: decodeLogs, body: written(official.logs.serializeRequest([log])) },
      { decode: decodeMetrics, body: written(official.metrics.serializeRequest(metrics)) },
    ]
    for (const { decode, body } of bodies) {
      for (let length = 0; length < body.length; length++) {
        try {
          decode(body.subarray(0, length), encoding)
        } catch (error) {
          expect(error).toBeInstanceOf(OtlpFormatError)
        }
      }
    }
  })

  test('responses are read by the official decoder', () => {
    const partial = { rejected: 3, message: 'too old' }
    const responses = {
      traces: official.traces.deserializeResponse(encodeExportResponse('traces', partial, encoding)),
      logs: official.logs.deserializeResponse(encodeExportResponse('logs', partial, encoding)),
      metrics: official.metrics.deserializeResponse(encodeExportResponse('metrics', partial, encoding)),
    }
    const rejected = encoding === 'json' ? '3' : 3
    expect(responses).toEqual({
      traces: { partialSuccess: { rejectedSpans: rejected, errorMessage: 'too old' } },
      logs: { partialSuccess: { rejectedLogRecords: rejected, errorMessage: 'too old' } },
      metrics: { partialSuccess: { rejectedDataPoints: rejected, errorMessage: 'too old' } },
    })
    expect(official.traces.deserializeResponse(encodeExportResponse('traces', null, encoding))).toEqual({})
  })
})

function written(bytes: Uint8Array | undefined): Uint8Array {
  if (!bytes) throw new Error('nothing was written')
  return bytes
}
