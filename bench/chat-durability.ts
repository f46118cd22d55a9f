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
  judgeEnds(bench, crowd, story)
  const sent = await provider.stats()
  const counts = crowd.turns.map(({ order }) => sent.turnsByMarker[markerOf(order.text)] ?? 0)
  bench.figures.correct('messages sent to the provider twice', counts.filter((count) => count > 1).length, {
    exactly: 0,
  })
  for (const complaint of crowd.complaints.slice(0, 20)) say(`  ${complaint}`)
})

interface Story {
  readonly bootMs: number[]
  readonly liveAtKill: number[]
  /** How long after a restart every run of the killed process had ended; measured after some of the kills. */
  readonly settledMs: number[]
  /** Runs of a killed process that were unfinished 15 s after the restart. */
  unsettled: number
}

async function killOften(
  { options, say }: Bench,
  atrium: Atrium,
  crowd: Crowd,
  kills: number,
): Promise<Story> {
  const random = randomFrom(options.seed)
  const story: Story = { bootMs: [], liveAtKill: [], settledMs: [], unsettled: 0 }
  for (let kill = 1; kill <= kills; kill++) {
    await crowd.untilStreaming(20)
    await sleep(random() * 1500)
    await crowd.untilStreaming(20)
    story.liveAtKill.push(crowd.streaming())
    crowd.strike()
    await atrium.kill(kill % 2 === 0 ? 'node' : 'tree')
    const killedAt = new Date()
    story.bootMs.push(await atrium.start())
    // Now and then it may live on: runs of the killed process must end, also those of kills before.
    if (kill % 10 === 0 || kill === kills) await settle(atrium, killedAt, story)
    if (kill % 10 === 0)
      say(`${kill} kills, ${crowd.turns.length} turns, ${crowd.complaints.length} complaints`)
  }
  return story
}

/** Waits until no run is unfinished that was accepted before this moment, for 15 s at most. */
async function settle(atrium: Atrium, killedAt: Date, story: Story): Promise<void> {
  const readyAt = performance.now()
  await using db = await openDatabase(atrium)
  for (;;) {
    const [row] = await db.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM chat.runs WHERE status IN ('queued', 'running') AND created_at < $1`,
      [killedAt],
    )
    const left = row?.count ?? Number.NaN
    const waitedMs = performance.now() - readyAt
    if (left === 0) return void story.settledMs.push(waitedMs)
    if (waitedMs > settleMs) {
      story.unsettled += left
      return
    }
    await sleep(50)
  }
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

function judgeEnds({ figures }: Bench, crowd: Crowd, story: Story): void {
  figures.info('kills', story.bootMs.length)
  figures.correct('fewest live turns at a kill', Math.min(...story.liveAtKill), { atLeast: 20 })
  figures.info('turns struck by a kill', crowd.turns.filter(({ struck }) => struck).length)
  figures.correct('runs unfinished 15 s after a restart', story.unsettled, { exactly: 0 })
  figures.info(
    'restart to the end of all interrupted runs, median',
    quantile(story.settledMs, 0.5) / 1000,
    's',
  )
  figures.info(
    'restart to the end of all interrupted runs, longest',
    Math.max(0, ...story.settledMs) / 1000,
    's',
  )
  figures.info('restart to ready, median', quantile(story.bootMs, 0.5) / 1000, 's')
  figures.info('restart to ready, longest', Math.max(...story.bootMs) / 1000, 's')
}
