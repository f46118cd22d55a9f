import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { type Postmaster, stopPostmaster } from './postmaster.ts'

const firstPauseMs = 100
const longestPauseMs = 5_000

/** Keeps a server running until disposed: one that ends by itself is started again, after pauses that grow. */
export function superviseServer(
  first: Postmaster,
  startAgain: () => Promise<Postmaster>,
  log: Log,
): AsyncDisposable {
  const stopping = new AbortController()
  let current: Postmaster | null = first

  const keepRunning = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await current?.exited
      if (stopping.signal.aborted) return
      log.error({ pid: current?.pid }, 'PostgreSQL has ended unexpectedly; starting it again')
      current = await persist(startAgain, stopping.signal, log)
    }
  }
  const kept = keepRunning()

  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      if (current) await stopPostmaster(current)
      await kept
      // A start that was under way when we were told to stop.
      if (current) await stopPostmaster(current)
    },
  }
}

async function persist(
  startAgain: () => Promise<Postmaster>,
  stopping: AbortSignal,
  log: Log,
): Promise<Postmaster | null> {
  for (let pauseMs = firstPauseMs; !stopping.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await startAgain()
    } catch (error) {
      log.error({ err: error }, 'PostgreSQL could not be started again')
      await sleep(pauseMs, undefined, { signal: stopping }).catch(() => undefined)
    }
  }
  return null
}
