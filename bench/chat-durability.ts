/** Kills the server over and over under live turns: nothing acknowledged is lost, no shown token is lost. */
import { setTimeout as sleep } from 'node:timers/promises'
import { markerOf } from '@atrium/testkit/provider'
import type { Api } from './lib/api.ts'
import type { Atrium } from './lib/atrium.ts'
import { createCrowd, type Crowd } from './lib/crowd.ts'
import { openDatabase, type DatabaseLook } from './lib/database.ts'
import type { Frame } from './lib/frames.ts'
import { openRig } from './lib/rig.ts'
import { type Bench, runBench } from './lib/run.ts'
import { inParallel, quantile, randomFrom } from './lib/stats.ts'
import type { Survivor } from './lib/survivor.ts'
import { compare } from './lib/transcripts.ts'
import { eventsCall } from './lib/turn.ts'

const settleMs = 15_000

await runBench('chat-durability', async (bench) => {
  const { options, say } = bench
  const kills = options.quick ? 6 : 104
  const { provider, atrium, api } = await openRig(bench)
  const crowd = createCrowd(api, atrium, options.seed)

  const story = await killOften(bench, atrium, crowd, kills)
  await crowd.finish(settleMs)
  say(`${crowd.turns.length} turns lived through ${kills} kills; comparing`)
  await using db = await openDatabase(atrium)
  await judgeLoss(bench, api, db, crowd)
  await judgeEnds(bench, db, crowd, story)
  const sent = await provider.stats()
  const counts = crowd.turns.map(({ order }) => sent.turnsByMarker[markerOf(order.text)] ?? 0)
  bench.figures.correct('messages sent to the provider twice', counts.filter((count) => count > 1).length, {
    exactly: 0,
  })
  for (const complaint of crowd.complaints.slice(0, 20)) say(`  ${complaint}`)
})

interface Story {
  /** When the server was ready again after each kill, in epoch milliseconds. */
  readonly readyAt: number[]
  readonly bootMs: number[]
  readonly liveAtKill: number[]
}

async function killOften(
  { options, say }: Bench,
  atrium: Atrium,
  crowd: Crowd,
  kills: number,
): Promise<Story> {
  const random = randomFrom(options.seed)
  const story: Story = { readyAt: [], bootMs: [], liveAtKill: [] }
  for (let kill = 0; kill < kills; kill++) {
    await crowd.untilStreaming(20)
    // Now and then it may live long enough for answers to be completed and the dead engine's runs to be taken over.
    await sleep(random() * (kill % 8 === 7 ? 8000 : 1500))
    await crowd.untilStreaming(20)
    story.liveAtKill.push(crowd.streaming())
    crowd.strike(kill)
    await atrium.kill(kill % 2 === 0 ? 'node' : 'tree')
    story.bootMs.push(await atrium.start())
    story.readyAt.push(Date.now())
    if (kill % 10 === 9)
      say(`${kill + 1} kills, ${crowd.turns.length} turns, ${crowd.complaints.length} complaints`)
  }
  return story
}

async function judgeLoss({ figures }: Bench, api: Api, db: DatabaseLook, crowd: Crowd): Promise<void> {
  const { turns } = crowd
  const complaints = crowd.complaints.length
  const found = await compare(db, turns, crowd.complain)
  const replays = await inParallel(turns, 8, (turn) => replaysAlike(api, turn))
  figures.info('turns', turns.length)
  figures.info('acknowledged messages', turns.filter((turn) => turn.acknowledged).length)
  figures.info(
    'shown events',
    turns.reduce((sum, { frames }) => sum + frames.length, 0),
  )
  figures.correct('acknowledged messages lost', found.lostMessages, { exactly: 0 })
  figures.correct('shown events lost or changed', found.lostEvents, { exactly: 0 })
  figures.correct('stored events that were never shown', found.unseenEvents, { exactly: 0 })
  figures.correct('stored answers unlike what was shown', found.wrongTexts, { exactly: 0 })
  figures.correct('transcripts that read differently afterwards', replays.filter((same) => !same).length, {
    exactly: 0,
  })
  figures.correct('messages accepted twice', found.doubled, { exactly: 0 })
  figures.correct('runs without exactly one end', found.badEndings, { exactly: 0 })
  figures.correct('gaps, repeats and wrong answers while following', complaints, { exactly: 0 })
}

/** Reads a run once more from its beginning. */
async function replaysAlike(api: Api, turn: Survivor): Promise<boolean> {
  if (turn.runId === null) return !turn.acknowledged
  const again: Frame[] = []
  await api.stream(eventsCall(api, turn.order.conversationId, turn.runId, 0), (frame) => again.push(frame))
  return JSON.stringify(again) === JSON.stringify(turn.frames)
}

async function judgeEnds({ figures }: Bench, db: DatabaseLook, crowd: Crowd, story: Story): Promise<void> {
  const left = await db.rows<{ status: string }>(
    `SELECT status FROM chat.runs WHERE status IN ('queued', 'running')`,
  )
  const rows = await db.rows<{ id: string; status: string; ended_at: Date | null }>(
    `SELECT id, status, ended_at FROM chat.runs`,
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  const settled = crowd.turns.flatMap(({ struckBy, runId }) => {
    const endedAt = runId === null ? null : byId.get(runId)?.ended_at
    return struckBy === null || !endedAt ? [] : [(endedAt.getTime() - (story.readyAt[struckBy] ?? 0)) / 1000]
  })
  figures.info('kills', story.readyAt.length)
  figures.correct('fewest live turns at a kill', Math.min(...story.liveAtKill), { atLeast: 20 })
  figures.info('turns struck by a kill', settled.length)
  figures.correct('runs still unfinished 15 s after the last restart', left.length, { exactly: 0 })
  figures.speed('restart to the end of an interrupted run, longest', Math.max(0, ...settled), 's', {
    atMost: 15,
  })
  figures.info('restart to the end of an interrupted run, median', quantile(settled, 0.5), 's')
  figures.info('restart to ready, median', quantile(story.bootMs, 0.5) / 1000, 's')
  figures.info('restart to ready, longest', Math.max(...story.bootMs) / 1000, 's')
}
