import { expect, test } from 'vitest'
import {
  type AttributeValue,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
  encodeExportResponse,
  encodeStatus,
} from './index.ts'

/** Bodies as the specification describes them: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */

const body = (text: string) => Buffer.from(text)

test('a span: upper-case identifiers, names of enums, numbers for strings, unknown and null members', () => {
  const decoded = decodeTraces(
    body(`{
      "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "s" } }], "entityRefs": [] },
        "scopeSpans": [{
          "scope": { "name": "lib", "attributes": [{ "key": "a", "value": {} }] },
          "schemaUrl": "https://opentelemetry.io/schemas/1.41.0",
          "spans": [{
            "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", "parentSpanId": null,
            "name": "I am a span", "kind": "SPAN_KIND_SERVER", "flags": 257, "somethingNew": { "a": [1] },
            "startTimeUnixNano": 1790000000123456789, "endTimeUnixNano": "1790000001000000000",
            "status": { "code": "STATUS_CODE_ERROR" }, "droppedLinksCount": "2", "droppedEventsCount": 1
          }]
        }]
      }]
    }`),
    'json',
  )
  expect(decoded).toEqual([
    {
      resource: new Map([['service.name', 's']]),
      scope: { name: 'lib', version: '', attributes: new Map([['a', null]]) },
      records: [
        {
          traceId: '5b8efff798038103d269b633813fc60c',
          spanId: 'eee19b7ec3c1b174',
          parentSpanId: '',
          traceState: '',
          name: 'I am a span',
          kind: 2,
          startNs: 1_790_000_000_123_456_789n,
          endNs: 1_790_000_001_000_000_000n,
          attributes: new Map(),
          events: [],
          links: [],
          status: { code: 2, message: '' },
          dropped: 3,
        },
      ],
    },
  ])
})

test('values of attributes', () => {
  const values: [string, AttributeValue][] = [
    ['{"stringValue":""}', ''],
    ['{"boolValue":false}', false],
    ['{"intValue":"12"}', 12],
    ['{"intValue":12}', 12],
    ['{"intValue":"-9223372036854775808"}', -(2n ** 63n)],
    ['{"intValue":9007199254740993}', 2n ** 53n + 1n],
    ['{"doubleValue":3}', 3],
    ['{"doubleValue":"1.5e3"}', 1500],
    ['{"doubleValue":"NaN"}', Number.NaN],
    ['{"doubleValue":"-Infinity"}', Number.NEGATIVE_INFINITY],
    ['{"bytesValue":"+/8="}', new Uint8Array([251, 255])],
    ['{"bytesValue":"-_8"}', new Uint8Array([251, 255])],
    ['{"arrayValue":{}}', []],
    ['{"arrayValue":{"values":[{"intValue":1},{}]}}', [1, null]],
    ['{"kvlistValue":{"values":[{"key":"k"}]}}', new Map([['k', null]])],
    ['{"futureValue":1}', null],
    ['{}', null],
  ]
  for (const [json, value] of values) {
    const log = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${json}}]}]}]}`
    expect(decodeLogs(body(log), 'json')[0]?.records[0]?.body).toEqual(value)
  }
})

test('severities by name', () => {
  const severityOf = (json: string) => {
    const log = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":${json}}]}]}]}`
    return decodeLogs(body(log), 'json')[0]?.records[0]?.severity
  }
  expect(severityOf('"SEVERITY_NUMBER_TRACE"')).toBe(1)
  expect(severityOf('"SEVERITY_NUMBER_INFO2"')).toBe(10)
  expect(severityOf('"SEVERITY_NUMBER_FATAL4"')).toBe(24)
  expect(severityOf('99')).toBe(0)
})

test('an empty request, and scopes and metrics without records', () => {
  expect(decodeTraces(body('{}'), 'json')).toEqual([])
  expect(decodeTraces(body('{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}'), 'json')).toEqual([])
  const metrics = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a"},{"gauge":{}}]}]}]}'
  expect(decodeMetrics(body(metrics), 'json')).toEqual([])
})

function pointOf(type: string, point: string) {
  const metric = `{"name":"m","${type}":{"dataPoints":[${point}]}}`
  const json = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${metric}]}]}]}`
  return decodeMetrics(body(json), 'json')[0]?.records[0]?.points[0]
}

test('a summary tells quantiles, and by them its extremes', () => {
  const quantiles = '[{"quantile":0,"value":1},{"quantile":0.5,"value":2},{"quantile":1,"value":"9"}]'
  const point = pointOf('summary', `{"count":"3","sum":12,"quantileValues":${quantiles}}`)
  expect(point?.distribution).toEqual({
    count: 3,
    sum: 12,
    min: 1,
    max: 9,
    bounds: [],
    counts: [],
    quantiles: [0, 0.5, 1],
    quantileValues: [1, 2, 9],
  })
})

test('points without a value', () => {
  expect(pointOf('gauge', '{"flags":1,"asInt":"0"}')).toMatchObject({ value: null, distribution: null })
  expect(pointOf('gauge', '{}')).toMatchObject({ value: null, distribution: null })
  expect(pointOf('histogram', '{"flags":1}')).toMatchObject({ value: null, distribution: null })
})

test('values and counts of 64 bits', () => {
  expect(pointOf('sum', '{"asInt":"9223372036854775807"}')?.value).toBe(2n ** 63n - 1n)
  expect(pointOf('histogram', '{"count":"18446744073709551615"}')?.distribution?.count).toBe(2 ** 64)
})

test('a histogram without buckets, or with a number of them that does not fit its bounds, keeps the rest', () => {
  const none = { bounds: [], counts: [], quantiles: [], quantileValues: [] }
  const rest = { count: 2, sum: null, min: null, max: null, ...none }
  expect(pointOf('histogram', '{"count":2,"explicitBounds":[1]}')?.distribution).toEqual(rest)
  expect(pointOf('histogram', '{"count":2,"explicitBounds":[1],"bucketCounts":["2"]}')?.distribution).toEqual(
    rest,
  )
})

test('buckets of exponential histograms that a number cannot tell apart are joined', () => {
  const buckets = (json: string) => pointOf('exponentialHistogram', json)?.distribution
  expect(buckets('{"scale":-11,"positive":{"offset":-1,"bucketCounts":[1,2]},"zeroCount":3}')).toMatchObject({
    bounds: [0, 1],
    counts: [3, 1, 2],
  })
  expect(buckets('{"scale":1,"positive":{"offset":-1,"bucketCounts":[1]}}')).toMatchObject({
    bounds: [Math.SQRT1_2, 1],
    counts: [0, 1, 0],
  })
  expect(buckets('{"zeroCount":3}')).toMatchObject({ bounds: [], counts: [3] })
  expect(buckets('{"zeroCount":3,"negative":{"offset":1,"bucketCounts":[5]}}')).toMatchObject({
    bounds: [-4, -2],
    counts: [0, 5, 3],
  })
})

const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('responses and statuses', () => {
  const partial = { rejected: 2, message: 'no' }
  expect(utf8(encodeExportResponse('logs', null, 'json'))).toBe('{}')
  expect(utf8(encodeExportResponse('logs', partial, 'json'))).toBe(
    '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}}',
  )
  expect(hex(encodeExportResponse('metrics', null, 'protobuf'))).toBe('')
  // 1: { 1: 2, 2: "no" }
  expect(hex(encodeExportResponse('metrics', partial, 'protobuf'))).toBe('0a06080212026e6f')
  expect(utf8(encodeStatus(3, 'bad', 'json'))).toBe('{"code":3,"message":"bad"}')
  // 1: 3, 2: "bad"
  expect(hex(encodeStatus(3, 'bad', 'protobuf'))).toBe('08031203626164')
})
