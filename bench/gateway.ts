/** What the gateway adds to a call: processor time, time to the first token, and calls per second, beside a bare proxy. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { apiKey, type Atrium, createAtrium } from './lib/atrium.ts'
import { call as send, startListening, untilListed, type Callee } from './lib/canned.ts'
import { costOf } from './lib/cost.ts'
import { endProgram, processorMs, startProgram } from './lib/processes.ts'
import { type Bench, runBench } from './lib/run.ts'
import { inParallel, quantile, range } from './lib/stats.ts'

/** A way to the provider. */
interface Way extends Callee {
  readonly name: string
  /** Of the process in between; absent for the direct way. */
  readonly pid?: number
}

interface Size {
  /** Before anything is measured: V8 goes on optimising the server's code for some ten thousand calls. */
  readonly warmCalls: number
  readonly jsonCalls: number
  readonly streams: number
  /** Streams one after the other; each takes as long as its events. */
  readonly firstAlone: number
  readonly firstTogether: number
  readonly rounds: number
}

const full: Size = {
  warmCalls: 15_000,
  jsonCalls: 3000,
  streams: 400,
  firstAlone: 30,
  firstTogether: 320,
  rounds: 3,
}
const quick: Size = {
  warmCalls: 300,
  jsonCalls: 300,
  streams: 64,
  firstAlone: 10,
  firstTogether: 64,
  rounds: 1,
}

/** The figures of one way. */
interface Measured {
  jsonMs: number[]
  streamMs: number[]
  databaseJsonMs: number[]
  perSecond: number[]
  first1: number[]
  first64: number[]
  failures: number
}

await runBench('gateway', async (bench) => {
  const { options, say } = bench
  const size = options.quick ? quick : full
  const { ways, atrium } = await openWays(bench)
  const agent = new Agent({ connections: 4096, pipelining: 1 })
  bench.scope.defer(() => agent.destroy())
  const measured = new Map<string, Measured>(ways.map(({ name }) => [name, noFigures()]))
  say('warming up')
  for (const way of ways)
    await measure(agent, way, atrium, { ...size, jsonCalls: size.warmCalls }, noFigures())
  for (const round of range(size.rounds)) {
    say(`round ${round + 1} of ${size.rounds}`)
    for (const way of ways) await measure(agent, way, atrium, size, measured.get(way.name) ?? noFigures())
  }
  judge(bench, measured)
})

function noFigures(): Measured {
  return { jsonMs: [], streamMs: [], databaseJsonMs: [], perSecond: [], first1: [], first64: [], failures: 0 }
}

async function openWays(bench: Bench): Promise<{ ways: Way[]; atrium: Atrium }> {
  const { scope, options } = bench
  const provider = await startListening(scope, 'canned-provider.ts', [])
  const floor = await startListening(scope, 'floor-proxy.ts', [provider.url])
  const atrium = scope.use(await createAtrium({ providerUrl: provider.url, profile: options.profile }))
  await atrium.start()
  await untilListed(atrium)
  const authorization = `Bearer ${apiKey}`
  const plain = { model: 'canned-1', headers: { authorization } }
  const portkey = await openPortkey(bench, provider.url)
  const ways: Way[] = [
    { name: 'direct', url: provider.url, ...plain },
    { name: 'floor', url: floor.url, pid: floor.pid, ...plain },
    {
      name: 'Atrium',
      url: atrium.url,
      pid: atrium.pid,
      model: 'openai/canned-1',
      headers: { authorization },
    },
    ...(portkey ? [{ ...portkey, ...plain, headers: { ...portkey.headers, authorization } }] : []),
  ]
  return { ways, atrium }
}

/** Portkey's gateway, when `PORTKEY_GATEWAY` names its `start-server.js`. */
async function openPortkey(
  { scope, say }: Bench,
  providerUrl: string,
): Promise<Pick<Way, 'name' | 'url' | 'pid' | 'headers'> | undefined> {
  const main = process.env['PORTKEY_GATEWAY']
  if (main === undefined) return undefined
  const port = await freePort()
  const program = startProgram([main, `--port=${port}`, '--headless'], { PATH: process.env['PATH'] ?? '' })
  scope.defer(() => endProgram(program))
  const url = `http://127.0.0.1:${port}`
  for (const _ of range(100)) {
    if (
      await fetch(url).then(
        (reply) => reply.status < 500,
        () => false,
      )
    )
      break
    await sleep(100)
  }
  say('Portkey is measured too')
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${providerUrl}/v1` }
  return { name: 'Portkey', url, pid: program.pid, headers }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

async function measure(agent: Agent, way: Way, atrium: Atrium, size: Size, into: Measured): Promise<void> {
  const call = async (stream: boolean): Promise<number> => {
    const first = await send(agent, way, stream)
    if (Number.isNaN(first)) into.failures += 1
    return first
  }
  const startedAt = performance.now()
  const json = await processorOf(way, atrium, () => inParallel(range(size.jsonCalls), 16, () => call(false)))
  into.perSecond.push((size.jsonCalls * 1000) / (performance.now() - startedAt))
  into.jsonMs.push(json.nodeMs / size.jsonCalls)
  into.databaseJsonMs.push(json.databaseMs / size.jsonCalls)
  const streams = await processorOf(way, atrium, () => inParallel(range(size.streams), 32, () => call(true)))
  into.streamMs.push(streams.nodeMs / size.streams)
  into.first1.push(...(await inParallel(range(size.firstAlone), 1, () => call(true))))
  into.first64.push(...(await inParallel(range(size.firstTogether), 64, () => call(true))))
}

async function processorOf(
  way: Way,
  atrium: Atrium,
  work: () => Promise<unknown>,
): Promise<{ nodeMs: number; databaseMs: number }> {
  if (way.pid === atrium.pid) return costOf(atrium, work)
  const before = way.pid === undefined ? 0 : await processorMs(way.pid)
  await work()
  const after = way.pid === undefined ? 0 : await processorMs(way.pid)
  return { nodeMs: after - before, databaseMs: 0 }
}

function judge({ figures }: Bench, measured: ReadonlyMap<string, Measured>): void {
  const of = (name: string): Measured => measured.get(name) ?? noFigures()
  const floor = of('floor')
  for (const [name, one] of measured) {
    figures.info(`${name}: processor per JSON call`, quantile(one.jsonMs, 0.5), 'ms')
    figures.info(`${name}: processor per stream of 52 events`, quantile(one.streamMs, 0.5), 'ms')
    figures.info(`${name}: JSON calls per second`, quantile(one.perSecond, 0.5))
    figures.info(`${name}: first token, 1 stream, p50`, quantile(one.first1, 0.5), 'ms')
    figures.info(`${name}: first token, 64 streams, p50`, quantile(one.first64, 0.5), 'ms')
    figures.correct(`${name}: answers that were not whole`, one.failures, { exactly: 0 })
  }
  const ours = of('Atrium')
  const direct = of('direct')
  const times = (a: number[], b: number[]): number => quantile(a, 0.5) / quantile(b, 0.5)
  const added = (a: number[], b: number[]): number => quantile(a, 0.5) - quantile(b, 0.5)
  figures.info('Atrium: processor of PostgreSQL per JSON call', quantile(ours.databaseJsonMs, 0.5), 'ms')
  figures.speed('processor per JSON call, times the floor', times(ours.jsonMs, floor.jsonMs), '×', {
    atMost: 2,
  })
  figures.speed('processor per stream, times the floor', times(ours.streamMs, floor.streamMs), '×', {
    atMost: 2,
  })
  figures.speed('added to the first token, 1 stream', added(ours.first1, direct.first1), 'ms', { atMost: 1 })
  figures.speed('added to the first token, 64 streams', added(ours.first64, direct.first64), 'ms', {
    atMost: 5,
  })
  figures.speed('calls per second, share of the floor', times(ours.perSecond, floor.perSecond), '', {
    atLeast: 0.5,
  })
}
