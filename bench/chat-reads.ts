/** Lists and opens conversations at a steady rate: a hundred thousand of them must take no longer than a thousand. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type Api, mintId, openApi } from './lib/api.ts'
import { createAtrium } from './lib/atrium.ts'
import { type Cost, costOf } from './lib/cost.ts'
import { openDatabase, ownerOf } from './lib/database.ts'
import { type Bench, runBench } from './lib/run.ts'
import { seedConversations, seedLongConversation, settleStatistics } from './lib/seed.ts'
import { quantile, randomFrom, range } from './lib/stats.ts'

const perSecond = 200
/** Answers are compressed as they are for a browser. */
const browser = { 'accept-encoding': 'gzip, deflate, br, zstd' }

const list = z.object({
  data: z.array(z.object({ id: z.string() })),
  meta: z.object({ nextCursor: z.string().nullable() }),
})
const open = z.object({ messages: z.array(z.unknown()), olderCursor: z.string().nullable() })

await runBench('chat-reads', async (bench) => {
  const { scope, options, say, figures } = bench
  const [few, many] = options.quick ? [200, 5000] : [1000, 100_000]
  const longMessages = options.quick ? 500 : 5000
  const seconds = options.quick ? 3 : 20
  const atrium = scope.use(await createAtrium(options))
  await atrium.start()
  const api = scope.use(await openApi(atrium))
  const db = scope.use(await openDatabase(atrium))
  const owner = await ownerOf(db, api.workspaceId)
  const long = mintId()
  const { seed } = options

  const measureWith = async (count: number): Promise<Reads & Cost> => {
    await settleStatistics(db)
    const places = await placesIn(api, long, count)
    await load(api, places, 2, seed)
    say(`${perSecond} requests/s with ${count} conversations`)
    const { result, nodeMs, databaseMs } = await costOf(atrium, () => load(api, places, seconds, seed))
    return {
      ...result,
      nodeMs: nodeMs / (seconds * perSecond),
      databaseMs: databaseMs / (seconds * perSecond),
    }
  }

  await seedLongConversation(db, owner, { id: long, messages: longMessages, seed })
  await seedConversations(db, owner, { from: 0, count: few, seed })
  const before = await measureWith(few)
  const startedAt = performance.now()
  await seedConversations(db, owner, { from: few, count: many - few, seed })
  say(`${many - few} conversations more in ${Math.round(performance.now() - startedAt)} ms`)
  const after = await measureWith(many)

  for (const name of ['list', 'open'] as const) judge(bench, name, before, after, { few, many })
  figures.info(`processor per request among ${few}, Node`, before.nodeMs, 'ms')
  figures.info(`processor per request among ${few}, PostgreSQL`, before.databaseMs, 'ms')
  figures.info(`processor per request among ${many}, Node`, after.nodeMs, 'ms')
  figures.info(`processor per request among ${many}, PostgreSQL`, after.databaseMs, 'ms')
  figures.correct('requests that failed', before.failed + after.failed, { exactly: 0 })
  await judgeLong(bench, api, long)
  const searches = await search(api, options.quick ? 20 : 100)
  figures.info(`search in ${many}, p50`, quantile(searches, 0.5), 'ms')
  figures.info(`search in ${many}, p95`, quantile(searches, 0.95), 'ms')
})

interface Reads {
  readonly list: number[]
  readonly open: number[]
  readonly long: number[]
  failed: number
}

interface Places {
  readonly lists: readonly string[]
  readonly opens: readonly string[]
  readonly long: string
}

/** Addresses to read: pages from all over the list, and the conversations on them. */
async function placesIn(api: Api, long: string, count: number): Promise<Places> {
  const first = `${api.base}/conversations`
  const lists = [first]
  const opens: string[] = []
  const pages = Math.min(60, Math.floor(count / 100))
  let cursor: string | null = null
  for (const _ of range(pages)) {
    const page = list.parse(
      await api.json({
        path: cursor === null ? `${first}?limit=100` : `${first}?limit=100&cursor=${cursor}`,
      }),
    )
    cursor = page.meta.nextCursor
    if (cursor !== null) lists.push(`${first}?cursor=${cursor}`)
    opens.push(...page.data.map(({ id }) => `${first}/${id}`))
  }
  return { lists, opens, long: `${first}/${long}` }
}

/**
 * Sends requests at a steady rate whether or not earlier ones are answered. A latency begins when the request was due,
 * so that a stall counts for all who had to wait.
 */
async function load(api: Api, places: Places, seconds: number, seed: number): Promise<Reads> {
  const random = randomFrom(seed)
  const reads: Reads = { list: [], open: [], long: [], failed: 0 }
  const pick = (paths: readonly string[]): string => paths[Math.floor(random() * paths.length)] ?? ''
  const ask = async (
    due: number,
    path: string,
    kinds: readonly ('list' | 'open' | 'long')[],
  ): Promise<void> => {
    const status = await api.send({ path, headers: browser }).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status !== 200) reads.failed += 1
    for (const kind of kinds) reads[kind].push(performance.now() - due)
  }
  const startedAt = performance.now()
  const asked: Promise<void>[] = []
  for (const index of range(seconds * perSecond)) {
    const due = startedAt + (index * 1000) / perSecond
    const wait = due - performance.now()
    if (wait > 0) await sleep(wait)
    if (index % 2 === 1)
      asked.push(ask(due, random() < 0.7 ? (places.lists[0] ?? '') : pick(places.lists), ['list']))
    else if (index % 20 === 0) asked.push(ask(due, places.long, ['open', 'long']))
    else asked.push(ask(due, pick(places.opens), ['open']))
  }
  await Promise.all(asked)
  return reads
}

function judge(
  { figures }: Bench,
  name: 'list' | 'open',
  before: Reads,
  after: Reads,
  { few, many }: { few: number; many: number },
): void {
  const at = (reads: Reads, share: number): number => quantile(reads[name], share)
  figures.info(`${name} among ${few}, p50`, at(before, 0.5), 'ms')
  figures.info(`${name} among ${few}, p99`, at(before, 0.99), 'ms')
  figures.info(`${name} among ${many}, p50`, at(after, 0.5), 'ms')
  figures.speed(`${name} among ${many}, p99`, at(after, 0.99), 'ms', { atMost: 25 })
  figures.info(`${name}, many against few, p50`, at(after, 0.5) / at(before, 0.5), '×')
  figures.speed(`${name}, many against few, p99`, at(after, 0.99) / at(before, 0.99), '×', { atMost: 1.5 })
  if (name === 'open') figures.info('open the long one, p99', quantile(after.long, 0.99), 'ms')
}

/** The long conversation opens with its newest fifty messages, and older ones can be had. */
async function judgeLong({ figures }: Bench, api: Api, long: string): Promise<void> {
  const { messages, olderCursor } = open.parse(await api.json({ path: `${api.base}/conversations/${long}` }))
  figures.correct('messages that the long one opens with', messages.length, { exactly: 50 })
  figures.correct('the long one offers older messages', Number(olderCursor !== null), { exactly: 1 })
}

/** One search after another: a word that everybody uses, a rarer one, and one that is in a single conversation. */
async function search(api: Api, count: number): Promise<number[]> {
  const tookMs: number[] = []
  for (const index of range(count)) {
    const words = [`word${1 + (index % 5)}`, `word${200 + index}`, `topic${index}`]
    const startedAt = performance.now()
    const path = `${api.base}/search?q=${words[index % 3]}`
    const { status, text } = await api.send({ path, headers: browser })
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
    tookMs.push(performance.now() - startedAt)
  }
  return tookMs
}
