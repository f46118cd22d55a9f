import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RouteReply, logRoutes, otlpMetricRoutes, traceRoutes } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc'
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonMetrics,
} from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs'
import {
  AggregationType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** OpenTelemetry's own SDK and exporters, unmodified, and what the API gives back of what they sent. */

interface Exporters {
  readonly traces: SpanExporter
  readonly logs: LogRecordExporter
  readonly metrics: PushMetricExporter
}

let server: TestServer
let owner: Person
let headers: Record<string, string>
let grpcPort: number

beforeAll(async () => {
  grpcPort = await freePort()
  server = await startTestServer({ environment: { ATRIUM_OTLP_GRPC_PORT: String(grpcPort) } })
  owner = await server.owner()
  const scopes = ['telemetry:write']
  const { body } = await owner.client.post<{ secret: string }>(`${owner.base}/api-keys`, {
    name: 'sdk',
    scopes,
  })
  headers = { authorization: `Bearer ${body.secret}` }
})
afterAll(() => server[Symbol.asyncDispose]())

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

function overGrpc(compression: CompressionAlgorithm) {
  const metadata = new Metadata()
  metadata.set('authorization', headers['authorization'] ?? '')
  return { url: `http://127.0.0.1:${grpcPort}`, metadata, compression }
}

const to = (signal: string, compression: CompressionAlgorithm) => ({
  url: new URL(`/v1/${signal}`, server.url).href,
  headers,
  compression,
})
const { GZIP, NONE } = CompressionAlgorithm
const { DELTA, CUMULATIVE } = AggregationTemporalityPreference

const transports: readonly (readonly [string, () => Exporters])[] = [
  [
    'JSON over HTTP',
    () => ({
      traces: new JsonTraces(to('traces', NONE)),
      logs: new JsonLogs(to('logs', NONE)),
      metrics: new JsonMetrics({ ...to('metrics', NONE), temporalityPreference: CUMULATIVE }),
    }),
  ],
  [
    'protobuf over HTTP in gzip',
    () => ({
      traces: new ProtobufTraces(to('traces', GZIP)),
      logs: new ProtobufLogs(to('logs', GZIP)),
      metrics: new ProtobufMetrics({ ...to('metrics', GZIP), temporalityPreference: DELTA }),
    }),
  ],
  ...[NONE, GZIP].map((compression): readonly [string, () => Exporters] => [
    `gRPC with ${compression}`,
    () => ({
      traces: new GrpcTraces(overGrpc(compression)),
      logs: new GrpcLogs(overGrpc(compression)),
      metrics: new GrpcMetrics(overGrpc(compression)),
    }),
  ]),
]

type Traces = RouteReply<typeof traceRoutes.listTraces>
type Logs = RouteReply<typeof logRoutes.listLogs>
type Log = RouteReply<typeof logRoutes.readLog>
type Series = RouteReply<typeof otlpMetricRoutes.readOtlpMetricSeries>

const get = async <T>(path: string): Promise<T> => (await owner.client.get<T>(`${owner.base}/${path}`)).body

describe.each(transports)('%s', (name, make) => {
  const service = name.toLowerCase().replaceAll(' ', '-')
  const resource = resourceFromAttributes({ 'service.name': service })

  it('brings spans', async () => {
    const provider = new TracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor({ exporter: make().traces })],
    })
    const span = provider.getTracer('matrix').startSpan('chat gpt-5', {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-5',
        'gen_ai.usage.input_tokens': 12,
        'gen_ai.usage.output_tokens': 7,
      },
    })
    span.end()
    await provider.shutdown()
    const { data } = await get<Traces>(`traces?service=${service}`)
    expect(data).toMatchObject([
      { id: span.spanContext().traceId, name: 'chat gpt-5', models: ['gpt-5'], tokens: 19, hasRoot: true },
    ])
  })

  it('brings log records', async () => {
    const provider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter: make().logs })],
    })
    const logger = provider.getLogger('matrix', '1.0')
    logger.emit({
      eventName: 'card.declined',
      severityText: 'ERROR',
      body: { reason: 'funds', tries: [1, 2] },
      attributes: { 'session.id': 's-1', nested: { deep: true } },
    })
    await provider.shutdown()
    const { data } = await get<Logs>(`logs?service=${service}&severity=error`)
    expect(data).toMatchObject([{ event: 'card.declined', severity: 'error', session: 's-1' }])
    const log = await get<Log>(`logs/${data[0]?.id}`)
    expect(log.scope).toMatchObject({ name: 'matrix', version: '1.0' })
    expect(log.body).toEqual({
      pairs: [
        ['reason', 'funds'],
        ['tries', [1, 2]],
      ],
    })
    expect(log.attributes).toContainEqual({ name: 'nested', value: { pairs: [['deep', true]] } })
  })

  it('brings counters, gauges and histograms of both kinds', async () => {
    const reader = new PeriodicExportingMetricReader({
      exporter: make().metrics,
      exportIntervalMillis: 3_600_000,
    })
    const provider = new MeterProvider({
      resource,
      readers: [reader],
      views: [
        {
          instrumentName: 'powers',
          instrumentType: InstrumentType.HISTOGRAM,
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
        },
      ],
    })
    const meter = provider.getMeter('matrix')
    const counter = meter.createCounter('calls', { unit: '1' })
    const level = meter.createUpDownCounter('open')
    const gauge = meter.createGauge('load')
    const histogram = meter.createHistogram('durations', { unit: 'ms' })
    const powers = meter.createHistogram('powers')
    for (const round of [1, 2]) {
      counter.add(5 * round, { model: 'gpt-5' })
      counter.add(1, { model: 'haiku' })
      level.add(round)
      gauge.record(round / 4)
      for (const value of [10, 20, 90]) for (const one of [histogram, powers]) one.record(value * round)
      // A point whose beginning is its own time would stand for one of unknown beginning.
      await sleep(5)
      await reader.forceFlush()
    }
    await provider.shutdown()

    const where = encodeURIComponent(JSON.stringify({ 'service.name': service }))
    const whole = async (metric: string, more: string) => {
      const query = `where=${where}&stepSeconds=31536000&${more}`
      const { groups } = await get<Series>(`otlp-metrics/${metric}/series?${query}`)
      return groups.map(({ labels, points }) => [...labels.map(({ value }) => value), points.at(-1)?.value])
    }
    expect(await whole('calls', 'aggregation=sum&groupBy=model')).toEqual([
      ['gpt-5', 15],
      ['haiku', 2],
    ])
    expect(await whole('open', 'aggregation=sum')).toEqual([[3]])
    expect(await whole('load', 'aggregation=max')).toEqual([[0.5]])
    for (const metric of ['durations', 'powers']) {
      expect(await whole(metric, 'aggregation=count')).toEqual([[6]])
      expect(await whole(metric, 'aggregation=sum')).toEqual([[360]])
    }
    // Of 10, 20, 20, 40, 90 and 180.
    const [[median] = []] = await whole('powers', 'aggregation=p50')
    expect(median).toBeGreaterThan(15)
    expect(median).toBeLessThan(41)
  })
})

describe('gRPC', () => {
  const call = async (
    body: Buffer,
    { path = logsPath, metadata = {} }: { path?: string; metadata?: Record<string, string> } = {},
  ): Promise<{ code: number; message: string }> => {
    const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure())
    const sent = new Metadata()
    for (const [name, value] of Object.entries({ ...headers, ...metadata })) if (value) sent.set(name, value)
    const same = (bytes: Buffer): Buffer => bytes
    try {
      return await new Promise((resolve) => {
        client.makeUnaryRequest(path, same, same, body, sent, (error) =>
          resolve({ code: error?.code ?? 0, message: error?.details ?? '' }),
        )
      })
    } finally {
      client.close()
    }
  }
  const logsPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

  it.each([
    ['a body that is no message', status.INVALID_ARGUMENT, Buffer.from('nonsense'), {}],
    ['no key', status.UNAUTHENTICATED, Buffer.alloc(0), { metadata: { authorization: '' } }],
    [
      'an unknown key',
      status.UNAUTHENTICATED,
      Buffer.alloc(0),
      { metadata: { authorization: `Bearer atr_${'x'.repeat(42)}` } },
    ],
    ['an unknown method', status.UNIMPLEMENTED, Buffer.alloc(0), { path: '/other.Service/Export' }],
    ['too large a body', status.RESOURCE_EXHAUSTED, Buffer.alloc(17 * 1024 * 1024), {}],
  ])('refuses %s with code %i', async (_, code, body, options) => {
    const answer = await call(body, options)
    expect(answer.code, answer.message).toBe(code)
    expect(answer.message).not.toBe('')
  })

  it('takes nothing as nothing', async () => {
    expect(await call(Buffer.alloc(0))).toEqual({ code: status.OK, message: '' })
  })

  it('ends when the server does, and a port that is taken is told to whoever asked for it', async () => {
    const environment = { ATRIUM_OTLP_GRPC_PORT: String(grpcPort) }
    await expect(startTestServer({ environment })).rejects.toThrow(`port ${grpcPort}`)
    const port = await freePort()
    const other = await startTestServer({ environment: { ATRIUM_OTLP_GRPC_PORT: String(port) } })
    await other[Symbol.asyncDispose]()
    const again = createServer().listen(port, '127.0.0.1')
    await once(again, 'listening')
    again.close()
  })
})
