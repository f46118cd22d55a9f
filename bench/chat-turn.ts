/** What Atrium adds to a streamed answer: time to the first token, delay per token, and a thousand turns at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fakeText, markerOf } from '@atrium/testkit/provider'
import { Agent } from 'undici'
import type { Api } from './lib/api.ts'
import type { Atrium } from './lib/atrium.ts'
import { type Cost, costOf } from './lib/cost.ts'
import { type DatabaseLook, openDatabase } from './lib/database.ts'
import type { ProviderProcess } from './lib/provider.ts'
import { openRig } from './lib/rig.ts'
import { type Bench, runBench } from './lib/run.ts'
import { inParallel, quantile, range } from './lib/stats.ts'
import { direct, throughAtrium, type TokenStream } from './lib/token-stream.ts'
import { makeConversation, orderTurn, type TurnOrder } from './lib/turn.ts'

/** A crowd of turns that the fake provider answers at a pace. */
interface Crowd {
  readonly name: string
  readonly concurrent: number
  /** Turns that follow one another in each of the concurrent places. */
  readonly rounds: number
  readonly tokens: number
  readonly rate: number
  /** Over how long the places begin, so that they do not march in step. */
  readonly spreadMs: number
}

// 300 turns each way before anything is measured: by then the compiler of Node has seen what is called often.
const crowds = {
  warm: { name: 'warm', concurrent: 50, rounds: 6, tokens: 60, rate: 60, spreadMs: 1000 },
  first: { name: 'first', concurrent: 50, rounds: 12, tokens: 120, rate: 60, spreadMs: 2000 },
  delay: { name: 'delay', concurrent: 200, rounds: 1, tokens: 600, rate: 60, spreadMs: 3000 },
  many: { name: 'many', concurrent: 1000, rounds: 1, tokens: 200, rate: 10, spreadMs: 5000 },
} as const satisfies Record<string, Crowd>

const quickCrowds = {
  warm: { ...crowds.warm, concurrent: 20, rounds: 15, tokens: 30, spreadMs: 500 },
  first: { ...crowds.first, concurrent: 20, rounds: 2, tokens: 60, spreadMs: 500 },
  delay: { ...crowds.delay, concurrent: 40, tokens: 120, spreadMs: 500 },
  many: { ...crowds.many, concurrent: 200, tokens: 40, spreadMs: 1000 },
} as const satisfies Record<string, Crowd>

interface Ways {
  readonly atrium: Atrium
  readonly api: Api
  readonly agent: Agent
  readonly provider: ProviderProcess
}

await runBench('chat-turn', async (bench) => {
  const { scope, options, say, figures } = bench
  const { warm, first, delay, many } = options.quick ? quickCrowds : crowds
  const { provider, atrium, api } = await openRig(bench)
  const agent = new Agent({ connections: 4096, pipelining: 1 })
  scope.defer(() => agent.destroy())
  const ways: Ways = { atrium, api, agent, provider }
  const db = scope.use(await openDatabase(atrium))

  say('warming up')
  await bothWays(ways, warm)
  say(`first token: ${first.concurrent} concurrent turns`)
  judgeFirstToken(bench, first, await bothWays(ways, first))
  say(`token delay: ${delay.concurrent} turns at ${delay.rate} tokens/s`)
  await judgeDelay(bench, ways, delay, await bothWays(ways, delay))
  say(`${many.concurrent} turns at ${many.rate} tokens/s`)
  await judgeMany(bench, ways, db, many)
  if (!figures.passed(true)) say(atrium.lastWords())
})

interface BothWays {
  readonly direct: readonly TokenStream[]
  readonly atrium: readonly TokenStream[]
  /** What the turns through Atrium cost its processes. */
  readonly cost: Cost
}

/** The same crowd at the provider itself and through Atrium, one after the other. */
async function bothWays(ways: Ways, crowd: Crowd): Promise<BothWays> {
  const alone = await play(crowd, (index) =>
    direct(ways.agent, ways.provider.url, promptOf(crowd, 'direct', index)),
  )
  const orders = await ordersFor(ways.api, crowd)
  const { result, ...cost } = await costOf(ways.atrium, () =>
    play(crowd, (index) => throughAtrium(ways.api, orderAt(orders, index))),
  )
  return { direct: alone, atrium: result, cost }
}

function promptOf({ name, tokens, rate }: Crowd, way: string, index: number): string {
  return `${name} ${way} ${index} [[fake tokens=${tokens} rate=${rate} seed=${index + 1}]]`
}

function ordersFor(api: Api, crowd: Crowd): Promise<TurnOrder[]> {
  return inParallel(range(crowd.concurrent * crowd.rounds), 16, async (index) =>
    orderTurn(await makeConversation(api), promptOf(crowd, 'atrium', index)),
  )
}

function orderAt(orders: readonly TurnOrder[], index: number): TurnOrder {
  const order = orders[index]
  if (!order) throw new Error(`there is no order ${index}`)
  return order
}

async function play(
  { concurrent, rounds, spreadMs }: Crowd,
  turn: (index: number) => Promise<TokenStream>,
): Promise<TokenStream[]> {
  const places = await Promise.all(
    range(concurrent).map(async (place) => {
      await sleep((spreadMs * place) / concurrent)
      const streams: TokenStream[] = []
      for (const round of range(rounds)) streams.push(await turn(round * concurrent + place))
      return streams
    }),
  )
  return places.flat()
}

function judgeFirstToken(
  { figures }: Bench,
  { concurrent }: Crowd,
  { direct, atrium, cost }: BothWays,
): void {
  const alone = direct.map(({ firstTokenMs }) => firstTokenMs)
  const through = atrium.map(({ firstTokenMs }) => firstTokenMs)
  const added = (share: number): number => quantile(through, share) - quantile(alone, share)
  figures.info('first token: concurrent turns', concurrent)
  figures.info('first token: turns measured', through.length)
  for (const [name, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    figures.info(`first token from the provider, ${name}`, quantile(alone, share), 'ms')
    figures.info(`first token through Atrium, ${name}`, quantile(through, share), 'ms')
  }
  figures.speed('added to the first token, p50', added(0.5), 'ms', { atMost: 5 })
  figures.speed('added to the first token, p99', added(0.99), 'ms', { atMost: 40 })
  figures.info('processor per turn, Node', cost.nodeMs / atrium.length, 'ms')
  figures.info('processor per turn, PostgreSQL', cost.databaseMs / atrium.length, 'ms')
  figures.correct('first token: incomplete answers', through.length - atrium.filter(isWhole).length, {
    exactly: 0,
  })
}

async function judgeDelay(
  { figures }: Bench,
  { provider }: Ways,
  crowd: Crowd,
  both: BothWays,
): Promise<void> {
  const startedAt = new Map((await provider.calls()).map((call) => [call.marker, call.startedAt]))
  const delays = (streams: readonly TokenStream[]): number[] =>
    streams.flatMap(({ marker, arrivedAt }) => {
      // The provider owes token k at its start plus k/rate.
      const start = startedAt.get(markerOf(marker)) ?? Number.NaN
      return arrivedAt.map((at, token) => at - (start + (token * 1000) / crowd.rate))
    })
  const alone = delays(both.direct)
  const through = delays(both.atrium)
  figures.info('token delay: turns', crowd.concurrent)
  figures.info('token delay from the provider, p50', quantile(alone, 0.5), 'ms')
  figures.info('token delay from the provider, p99', quantile(alone, 0.99), 'ms')
  figures.info('token delay through Atrium, p50', quantile(through, 0.5), 'ms')
  figures.speed('token delay through Atrium, p99', quantile(through, 0.99), 'ms', { atMost: 100 })
  figures.correct(
    'token delay: incomplete answers',
    both.atrium.filter((stream) => !isWhole(stream)).length,
    { exactly: 0 },
  )
}

async function judgeMany(
  { figures, say }: Bench,
  { api, provider }: Ways,
  db: DatabaseLook,
  crowd: Crowd,
): Promise<void> {
  const orders = await ordersFor(api, crowd)
  await provider.reset()
  const startedAt = performance.now()
  const streams = await play(crowd, (index) => throughAtrium(api, orderAt(orders, index)))
  const seconds = (performance.now() - startedAt) / 1000
  const { peakLive } = await provider.stats()
  const stored = await storedTexts(db, orders)
  for (const [end, list] of Map.groupBy(streams, (stream) => stream.end)) say(`  ${end}: ${list.length}`)
  const wrong = streams.filter(({ marker, text }) => stored.get(marker) !== text)
  figures.info('many turns: asked for', crowd.concurrent)
  figures.info('many turns: most at once at the provider', peakLive)
  figures.info('many turns: tokens per second, all together', (crowd.concurrent * crowd.tokens) / seconds)
  figures.correct(
    'many turns: not shown in full and in order',
    streams.filter((stream) => !isWhole(stream)).length,
    { exactly: 0 },
  )
  figures.correct('many turns: stored otherwise than shown', wrong.length, { exactly: 0 })
}

/** Every token is there, once and in order, and the answer ended as it should. */
function isWhole({ marker, text, end }: TokenStream): boolean {
  const [, tokens = '0', seed = '1'] = /tokens=(\d+) .*seed=(\d+)/.exec(marker) ?? []
  return end === 'complete' && text === fakeText(Number(tokens), Number(seed))
}

/** The stored answers by the message that they answer. */
async function storedTexts(db: DatabaseLook, orders: readonly TurnOrder[]): Promise<Map<string, string>> {
  const rows = await db.rows<{ marker: string; text: string }>(
    `SELECT q.content -> 0 ->> 'text' AS marker, a.content -> 0 ->> 'text' AS text
     FROM chat.messages q JOIN chat.messages a ON a.workspace_id = q.workspace_id AND a.parent_id = q.id
     WHERE q.id = ANY($1::uuid[]) AND a.status = 'complete'`,
    [orders.map(({ messageId }) => messageId)],
  )
  return new Map(rows.map(({ marker, text }) => [marker, text]))
}
