/** How soon a span that was sent is part of what a dashboard shows, while thousands of others arrive. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Batch, encodeTraces, type OtlpSpan } from '@atrium/wire/otlp'
import { Agent } from 'undici'
import { z } from 'zod'
import { type Api, openApi } from './lib/api.ts'
import { apiKey, type Atrium, createAtrium } from './lib/atrium.ts'
import { runBench } from './lib/run.ts'
import { batchOfSpans, spansPerBatch } from './lib/spans.ts'
import { quantile, randomFrom } from './lib/stats.ts'

const spansPerSecond = 2000
const warmMs = 5000
/** How often somebody who waits for a figure looks at it. */
const lookMs = 25
/** How often a dashboard that stands open beside it is read anew. */
const dashboardMs = 1000
const patienceMs = 30_000

const usage = z.object({ totals: z.object({ spans: z.number() }) })

await runBench('freshness', async ({ options, scope, say, figures }) => {
  const probes = options.quick ? 5 : 100
  const atrium = scope.use(await createAtrium({ profile: options.profile }))
  await atrium.start()
  const agent = new Agent({ connections: 16, pipelining: 1 })
  scope.defer(() => agent.destroy())
  const api = scope.use(await openApi(atrium))
  const random = randomFrom(options.seed)
  const way = { atrium, agent }

  const load = { sent: 0, isOver: false }
  const sending = everySoOften((spansPerBatch * 1000) / spansPerSecond, load, async () => {
    await post(way, batchOfSpans(random))
    load.sent += spansPerBatch
  })
  const watching = everySoOften(dashboardMs, load, async () => {
    await api.json({ path: `${api.base}/metrics/home-kpis` })
  })
  scope.defer(async () => {
    load.isOver = true
    await Promise.allSettled([sending, watching])
  })
  await sleep(options.quick ? 500 : warmMs)
  say(`${probes} spans among ${spansPerSecond} per second`)
  const sentBefore = load.sent
  const startedAt = performance.now()
  const waits: number[] = []
  for (let probe = 1; probe <= probes; probe += 1) {
    await sleep(random() * 300)
    waits.push(await untilShown(way, api, probe))
  }
  const seconds = (performance.now() - startedAt) / 1000
  load.isOver = true
  await Promise.all([sending, watching])
  figures.info('other spans stored per second meanwhile', (load.sent - sentBefore) / seconds)
  figures.info('span sent until a dashboard shows it, p50', quantile(waits, 0.5) / 1000, 's')
  figures.speed('span sent until a dashboard shows it, p95', quantile(waits, 0.95) / 1000, 's', { atMost: 2 })
  figures.info('span sent until a dashboard shows it, longest', Math.max(...waits) / 1000, 's')
})

interface Way {
  readonly atrium: Atrium
  readonly agent: Agent
}

/** Does work again and again, at this pace and whether or not the one before has ended, until it is over. */
async function everySoOften(
  ms: number,
  state: { readonly isOver: boolean },
  work: () => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  for (let due = performance.now(); !state.isOver; due += ms) {
    await sleep(Math.max(0, due - performance.now()))
    const one = work().finally(() => running.delete(one))
    running.add(one)
  }
  await Promise.all(running)
}

/** Sends one span of a service of its own, and gives the milliseconds until the sum over that service contains it. */
async function untilShown(way: Way, api: Api, expected: number): Promise<number> {
  const sentAt = performance.now()
  await post(way, probeSpan())
  for (;;) {
    const { totals } = usage.parse(await api.json({ path: `${api.base}/metrics/usage?service=probe` }))
    const waited = performance.now() - sentAt
    if (totals.spans >= expected) return waited
    if (waited > patienceMs) throw new Error(`after ${patienceMs / 1000} s a span is in no figure`)
    await sleep(lookMs)
  }
}

function probeSpan(): Batch<OtlpSpan> {
  const batch = batchOfSpans(Math.random, 1)
  return { ...batch, resource: new Map([['service.name', 'probe']]) }
}

async function post({ atrium, agent }: Way, batch: Batch<OtlpSpan>): Promise<void> {
  const reply = await agent.request({
    origin: atrium.url,
    path: '/v1/traces',
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/x-protobuf' },
    body: encodeTraces([batch], 'protobuf'),
  })
  const text = await reply.body.text()
  if (reply.statusCode !== 200) throw new Error(`the server answered ${reply.statusCode}: ${text}`)
}
