import { terminalEvents } from '@atrium/contract'
import type { Consistency } from '#platform/consistency'
import type { Sink } from './follow.ts'

const lastEvent = new RegExp(`(^|\n)event: (${terminalEvents.join('|')})\n`)

/**
 * Where replicas answer too, the last event of a run comes with the token of a read that covers it: whoever was told that
 * an answer is complete must not find it unfinished. It stands before the event, in a comment
 * (`: consistency-token …`), so that the events are the same for all who read them.
 */
export function coverEnd(sink: Sink, consistency: Consistency): Sink {
  if (!consistency.isTracked) return sink
  let ending: Promise<void> | undefined
  const cover = async (text: string): Promise<void> => {
    const token = await consistency.current().catch(() => undefined)
    sink.write(token === undefined ? text : `: consistency-token ${token}\n\n${text}`)
  }
  return {
    ended: sink.ended,
    write: (text) => {
      if (lastEvent.test(text)) ending = cover(text)
      else sink.write(text)
    },
    drained: async () => {
      await ending
      await sink.drained()
    },
    close: () => {
      if (ending) void ending.then(() => sink.close())
      else sink.close()
    },
  }
}
