import { createServer } from 'node:http'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import { Secret } from './config.ts'
import { silentLog } from './log.ts'
import { createTelemetry } from './telemetry.ts'

const off = { telemetry: { mode: 'off' }, target: 'all' } as const
const request = (traceparent?: string) => ({ headers: traceparent === undefined ? {} : { traceparent } })

/** Keeps what it was given past its shutdown. */
class KeepingExporter extends InMemorySpanExporter {
  readonly kept: ReadableSpan[] = []
  override export(...[spans, done]: Parameters<InMemorySpanExporter['export']>): void {
    this.kept.push(...spans)
    super.export(spans, done)
  }
}

test('every request has a trace id of its own, the same at each call, without a collector', async () => {
  await using telemetry = await createTelemetry(off, silentLog())
  const [one, other] = [request(), request()]
  expect(telemetry.traceIdOf(one)).toMatch(/^[0-9a-f]{32}$/)
  expect(telemetry.traceIdOf(one)).toBe(telemetry.traceIdOf(one))
  expect(telemetry.traceIdOf(one)).not.toBe(telemetry.traceIdOf(other))
  const seen = await telemetry.withSpan(
    'turn',
    {},
    async (span) => span.spanContext().traceId,
    telemetry.contextOf(one),
  )
  expect(seen).toBe(telemetry.traceIdOf(one))
})

test("a caller's trace is carried on", async () => {
  await using telemetry = await createTelemetry(off, silentLog())
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  expect(telemetry.traceIdOf(request(`00-${traceId}-00f067aa0ba902b7-01`))).toBe(traceId)
})

test.each([
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01extra',
  'nonsense',
])('a bad traceparent %j begins a new trace', async (header) => {
  await using telemetry = await createTelemetry(off, silentLog())
  const traceId = telemetry.traceIdOf(request(header))
  expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
  expect(header).not.toContain(traceId)
})

test('spans nest, carry attributes, and tell the type of a failure but not its words', async () => {
  const exporter = new KeepingExporter()
  const telemetry = await createTelemetry(off, silentLog(), { exporter })
  const context = telemetry.contextOf(request())
  const failing = telemetry.withSpan(
    'turn',
    { model: 'm' },
    () => telemetry.withSpan('call', {}, () => Promise.reject(new TypeError('secret words'))),
    context,
  )
  await expect(failing).rejects.toThrow('secret words')
  await telemetry[Symbol.asyncDispose]()
  const [call, turn] = exporter.kept
  expect([call?.name, turn?.name]).toEqual(['call', 'turn'])
  expect(call?.parentSpanContext?.spanId).toBe(turn?.spanContext().spanId)
  expect(turn?.parentSpanContext).toBeUndefined()
  expect(turn?.attributes).toEqual({ model: 'm', 'error.type': 'TypeError' })
  expect(JSON.stringify([call?.status, call?.events, call?.attributes])).not.toContain('secret')
})

test('closing delivers the last spans to the collector, with its headers', async () => {
  const received: string[] = []
  const collector = createServer(async (incoming, response) => {
    const body = await buffer(incoming)
    received.push(
      `${incoming.method} ${incoming.url} ${incoming.headers.authorization} ${body.includes('turn')}`,
    )
    response.end()
  })
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const address = collector.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const headers = new Map([['authorization', new Secret('Bearer x')]])
  const otlp = { mode: 'otlp', endpoint: `http://127.0.0.1:${port}`, headers } as const
  const telemetry = await createTelemetry({ telemetry: otlp, target: 'all' }, silentLog())
  await telemetry.withSpan('turn', {}, async () => undefined)
  await telemetry[Symbol.asyncDispose]()
  collector.close()
  expect(received).toEqual(['POST /v1/traces Bearer x true'])
})
