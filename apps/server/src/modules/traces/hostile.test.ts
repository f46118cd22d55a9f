import { connect } from 'node:http2'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { TraceSummary } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { encodeTraces, type Batch, type OtlpSpan } from '@atrium/wire/otlp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { batchOf, hex, keyOf, spanOf } from './testing/spans.ts'

let server: TestServer
let owner: Person
let key: string
let grpcPort: number

beforeAll(async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  grpcPort = typeof address === 'object' && address ? address.port : 0
  probe.close()
  await once(probe, 'close')
  server = await startTestServer({ environment: { ATRIUM_OTLP_GRPC_PORT: String(grpcPort) } })
  owner = await server.owner()
  key = await keyOf(owner, ['telemetry:write'])
})
afterAll(() => server[Symbol.asyncDispose]())

const send = (batches: Batch<OtlpSpan>[]): Promise<Response> =>
  fetch(new URL('/v1/traces', server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-protobuf' },
    body: Buffer.from(encodeTraces(batches, 'protobuf')),
  })

const nameOf = (index: number): string => `model-${String(index).padStart(3, '0')}`

const traceOf = async (id: string): Promise<TraceSummary> =>
  (await owner.client.get<TraceSummary>(`${owner.base}/traces/${id}`)).body

it('a resource that would be stored with each of many spans is refused, and nothing is stored', async () => {
  const long = 'all work and no play '.repeat(10_000)
  const spans = Array.from({ length: 150 }, () => spanOf())
  const [batch] = batchOf(spans)
  if (!batch) throw new Error('there is no batch')
  const resource = new Map([0, 1, 2, 3, 4].map((index) => [`text.${index}`, long]))
  const reply = await send([{ ...batch, resource }])
  expect(reply.status).toBe(413)
  const { traceId } = spans[0] ?? spanOf()
  const asked = await owner.client.get(`${owner.base}/traces/${traceId}`, { allowFailure: true })
  expect(asked.status).toBe(404)
})

it('costs and tokens whose sum no number of the database holds are counted as far as it goes', async () => {
  const traceId = hex(16)
  const rich = () => {
    const attributes = new Map([...spanOf().attributes, ['gen_ai.usage.cost', 1e9]])
    return spanOf({ traceId, attributes })
  }
  expect((await send(batchOf(Array.from({ length: 12 }, rich)))).status).toBe(200)
  expect((await send(batchOf([rich()]))).status).toBe(200)
  expect(await traceOf(traceId)).toMatchObject({ spans: 13, costNanoUsd: '9223372036854775807' })
})

it('a trace names fifty of its models, however many there are', async () => {
  const traceId = hex(16)
  const spans = Array.from({ length: 80 }, (_, index) => {
    const attributes = new Map([...spanOf().attributes, ['gen_ai.request.model', nameOf(index)]])
    return spanOf({ traceId, attributes })
  })
  await send(batchOf(spans.slice(30)))
  await send(batchOf(spans.slice(0, 30)))
  const { models, modelCalls } = await traceOf(traceId)
  expect(modelCalls).toBe(80)
  expect(models).toEqual(Array.from({ length: 50 }, (_, index) => nameOf(index)))
})

it('requests by gRPC that are taken back at once leave the server as it was', async () => {
  const session = connect(`http://127.0.0.1:${grpcPort}`)
  session.on('error', () => undefined)
  for (const type of ['application/grpc', 'text/plain']) {
    for (let round = 0; round < 40; round += 1) {
      const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
      const request = session.request({ ':method': 'POST', ':path': path, 'content-type': type })
      request.on('error', () => undefined)
      request.write(Buffer.alloc(3))
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      request.close(round % 3 === 0 ? 0 : 8)
    }
  }
  await new Promise((resolve) => session.close(() => resolve(undefined)))
  expect((await send(batchOf([spanOf()]))).status).toBe(200)
})
