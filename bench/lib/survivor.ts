import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Answer, Api } from './api.ts'
import type { Atrium } from './atrium.ts'
import type { Frame } from './frames.ts'
import {
  conversationCall,
  eventsCall,
  isTerminal,
  runStillWritten,
  turnCall,
  type TurnOrder,
} from './turn.ts'

/** One turn as a client lives through it, whatever happens to the server. */
export interface Survivor {
  readonly order: TurnOrder
  /** The answer that the provider was asked for. */
  readonly expectedText: string
  /** Every event that was shown, in the order in which it came. */
  readonly frames: Frame[]
  /** The server has answered 200, or named the run: from here on nothing may be lost. */
  acknowledged: boolean
  runId: string | null
  answerId: string | null
  ended: boolean
  /** Tokens were shown by the process that runs now. */
  streaming: boolean
  /** A kill came while it was acknowledged and not at its end. */
  struck: boolean
}

/** What must never happen, in words. */
export type Complain = (what: string) => void

export function newSurvivor(order: TurnOrder, expectedText: string): Survivor {
  return {
    order,
    expectedText,
    frames: [],
    acknowledged: false,
    runId: null,
    answerId: null,
    ended: false,
    streaming: false,
    struck: false,
  }
}

const retryMs = 25

/**
 * Lives a turn to its last event: makes the conversation if it is new, sends the message, sends it again under the
 * same key while nothing was acknowledged, and resumes from the last event that was shown.
 */
export async function live(api: Api, atrium: Atrium, turn: Survivor, complain: Complain): Promise<void> {
  if (turn.order.parentId === null) await makeSurely(api, atrium, turn, complain)
  while (!turn.ended) {
    await atrium.ready()
    try {
      judge(turn, await attempt(api, turn, complain), complain)
    } catch {
      // The connection broke: that is what kills do.
    }
    turn.streaming = false
    await sleep(retryMs)
  }
}

async function makeSurely(api: Api, atrium: Atrium, turn: Survivor, complain: Complain): Promise<void> {
  for (;;) {
    await atrium.ready()
    try {
      const { status, text } = await api.send(conversationCall(api, turn.order.conversationId))
      if (status === 201) return
      if (status < 500) complain(`making a conversation answered ${status}: ${text}`)
    } catch {
      // Once more, under the same key.
    }
    await sleep(retryMs)
  }
}

function attempt(api: Api, turn: Survivor, complain: Complain): Promise<Answer> {
  const { order, runId, frames } = turn
  const call =
    runId === null ? turnCall(api, order) : eventsCall(api, order.conversationId, runId, frames.length)
  return api.stream(
    call,
    (frame) => show(turn, frame, complain),
    () => (turn.acknowledged = true),
  )
}

function show(turn: Survivor, frame: Frame, complain: Complain): void {
  // `reconnect` says that the server goes away; it is no event of the run.
  if (frame.id === null) return
  const { frames } = turn
  if (turn.ended) complain(`event ${frame.id} came after the end of run ${turn.runId}`)
  if (frame.id !== frames.length + 1)
    complain(`event ${frame.id} came after ${frames.length} in run ${turn.runId}`)
  frames.push(frame)
  if (frame.event === 'turn_started') begin(turn, frame)
  else if (isTerminal(frame.event)) turn.ended = true
  turn.streaming = frame.event === 'text_delta'
}

const turnStarted = z.object({ runId: z.string(), assistantMessageId: z.string() })

function begin(turn: Survivor, frame: Frame): void {
  const { runId, assistantMessageId } = turnStarted.parse(JSON.parse(frame.data))
  turn.runId = runId
  turn.answerId = assistantMessageId
}

/** An answer that is no stream, or a stream that has ended. */
function judge(turn: Survivor, answer: Answer, complain: Complain): void {
  if (answer.status === 200) {
    if (!turn.ended && turn.frames.at(-1)?.event !== 'reconnect') turn.streaming = false
    return
  }
  if (answer.status >= 500) return
  const runId = runStillWritten(answer)
  if (runId === undefined) {
    complain(
      `turn ${turn.order.messageId}, ${turn.acknowledged ? 'acknowledged' : 'new'}: ${answer.status} ${answer.text}`,
    )
  } else {
    turn.acknowledged = true
    turn.runId = runId
  }
}
