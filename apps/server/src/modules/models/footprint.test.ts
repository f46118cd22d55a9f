import { SpanStatusCode } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { createLog, silentLog } from '#platform/log'
import { createMetrics } from '#platform/metrics'
import { createTelemetry } from '#platform/telemetry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createModels, type ModelsService } from './service.ts'
import { canary, openStage, stageKinds, type Stage } from './testing/stage.ts'

let stage: Stage
let scope: AsyncDisposableStack
let models: ModelsService
const exporter = new InMemorySpanExporter()
const lines: string[] = []
const question = 'a very private question [[fake tokens=12 input=100]]'

beforeAll(async () => {
  stage = await openStage()
  scope = new AsyncDisposableStack()
  const { platform } = stage.server.running
  const log = createLog({ level: 'trace', stream: { write: (line: string) => void lines.push(line) } })
  const telemetry = await createTelemetry(platform.config, silentLog(), { exporter })
  const metrics = createMetrics(log, false)
  models = createModels({ ...platform, log, telemetry, metrics, identity: {} as never }, scope, {
    timeouts: { firstTokenMs: 500, idleMs: 300, totalMs: 1000 },
  })
})

afterAll(async () => {
  await scope.disposeAsync()
  await stage[Symbol.asyncDispose]()
})

const call = (model: string, text: string, traceId?: string) =>
  models.stream(
    {
      workspaceId: stage.owner.workspaceId,
      personId: stage.owner.id,
      purpose: 'chat',
      model,
      signal: new AbortController().signal,
      request: {
        stream: true,
        maxOutputTokens: 500,
        messages: [{ role: 'user', content: [{ type: 'text', text }] }],
      },
      ...(traceId === undefined ? {} : { trace: { traceId, parentId: null } }),
    },
    () => undefined,
  )

/** The spans of calls, once they have been exported. */
async function spansOf(...callIds: string[]): Promise<ReadableSpan[]> {
  const found = (): ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => callIds.includes(String(span.attributes['atrium.call.id'])))
  await expect.poll(() => found().length, { timeout: 15_000 }).toBe(callIds.length)
  return found()
}

describe('the span of a call', () => {
  it('names provider, model, tokens, finish, the reason for the choice and the error, in the trace of its caller', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const good = await call('anthropic/fake-1', question, traceId)
    const bad = await call('openai/fake-1', '[[fake fault=status:401]]')
    const [span, failed] = await spansOf(good.callId, bad.callId)
    expect(span?.spanContext().traceId).toBe(traceId)
    expect(span?.name).toBe('chat anthropic/fake-1')
    expect(span?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'anthropic/fake-1',
      'gen_ai.request.max_tokens': 500,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 12,
      'server.address': '127.0.0.1',
    })
    expect(span?.attributes).toMatchObject({
      'atrium.route.chosen': 'anthropic/fake-1',
      'atrium.route.attempts': 1,
      'atrium.call.status': 'finished',
    })
    expect(failed?.attributes['error.type']).toBe('PROVIDER_AUTHENTICATION')
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR)
  })
})

describe('keys and people’s words', () => {
  it('are in no log line, span or row, however a call goes', async () => {
    const faults = [
      'status:400',
      'status:401',
      'status:500',
      'cut-after:3',
      'garbage',
      'html',
      'stall-after:2',
      'cut-headers',
    ]
    for (const kind of stageKinds) {
      await Promise.all(
        [question, ...faults.map((fault) => `a very private question [[fake fault=${fault}]]`)].map((text) =>
          call(`${kind}/fake-1`, text),
        ),
      )
    }
    const last = await call('openai/no-such-model', question)
    await spansOf(last.callId)
    const { rows } = await stage.database.query<{ text: string }>(
      'SELECT t::text AS text FROM models.calls AS t',
    )
    const everything = JSON.stringify([
      lines,
      exporter.getFinishedSpans().map((span) => [span.name, span.attributes, span.events]),
      rows,
    ])
    expect(rows.length).toBeGreaterThan(40)
    expect(everything).not.toContain(canary)
    expect(everything).not.toContain('private question')
  })
})
