import { setTimeout as sleep } from 'node:timers/promises'
import { fakeText } from '@atrium/testkit/provider'
import { mintId, type Api } from './api.ts'
import type { Atrium } from './atrium.ts'
import { randomFrom } from './stats.ts'
import { live, newSurvivor, type Survivor } from './survivor.ts'
import { orderTurn } from './turn.ts'

/** Turns that stream for seconds, kept at this number, and others that come and go all the time. */
const longTurns = 24
const shortTurns = 6

export interface Crowd {
  readonly turns: readonly Survivor[]
  readonly complaints: readonly string[]
  readonly complain: (what: string) => void
  /** How many turns are being shown tokens right now. */
  streaming(): number
  untilStreaming(count: number): Promise<void>
  /** Notes which turns the kill that comes now strikes. */
  strike(): void
  /** Begins nothing new and waits until every turn has ended, or for so long. */
  finish(ms: number): Promise<void>
}

/** Clients that send messages all the time and follow every answer to its end. */
export function createCrowd(api: Api, atrium: Atrium, seed: number): Crowd {
  const random = randomFrom(seed + 1)
  const turns: Survivor[] = []
  const complaints: string[] = []
  const complain = (what: string): void => void complaints.push(what)
  const open = new Set<Promise<void>>()
  /** Conversations whose last turn has ended, and where they may go on. */
  const idle: { conversationId: string; answerId: string }[] = []
  const finishing = new AbortController()

  const liveAndGoOn = async (turn: Survivor): Promise<void> => {
    await live(api, atrium, turn, complain)
    if (turn.answerId) idle.push({ conversationId: turn.order.conversationId, answerId: turn.answerId })
  }

  const launch = (tokens: number, rate: number): Promise<void> => {
    const goesOn = random() < 0.5 ? idle.shift() : undefined
    const words = turns.length + 1
    const text = `turn ${words} [[fake tokens=${tokens} rate=${rate} seed=${words}]]`
    const turn = newSurvivor(
      orderTurn(goesOn?.conversationId ?? mintId(), text, goesOn?.answerId ?? null),
      fakeText(tokens, words),
    )
    turns.push(turn)
    const done = liveAndGoOn(turn)
    open.add(done)
    return done
  }

  const streaming = (): number => turns.filter((turn) => turn.streaming && !turn.ended).length
  const pending = (): number => turns.filter((turn) => !turn.ended && !turn.struck).length
  const topUp = (): void => {
    while (!finishing.signal.aborted && pending() < longTurns + shortTurns)
      void launch(300 + Math.floor(random() * 300), 60)
  }
  const comeAndGo = async (): Promise<void> => {
    while (!finishing.signal.aborted) await Promise.all([launch(Math.floor(random() * 30), 0), sleep(50)])
  }
  for (let count = 0; count < shortTurns; count++) void comeAndGo()

  return {
    turns,
    complaints,
    complain,
    streaming,
    untilStreaming: async (count) => {
      while (streaming() < count) {
        topUp()
        await sleep(20)
      }
    },
    strike: () => {
      for (const turn of turns) if (turn.acknowledged && !turn.ended) turn.struck = true
    },
    finish: async (ms) => {
      finishing.abort()
      const late = sleep(ms, undefined, { ref: false })
      await Promise.race([Promise.all(open), late])
    },
  }
}
