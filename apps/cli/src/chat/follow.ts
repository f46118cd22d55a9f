import { setTimeout as sleep } from 'node:timers/promises'
import { chatRoutes, runEvent, type RunEvent, terminalEvents } from '@atrium/contract'
import type { Client } from '../lib/client.ts'
import { CliError, exitCodes } from '../lib/errors.ts'
import { readEvents } from '../lib/sse.ts'

export interface RunPlace {
  readonly workspaceId: string
  readonly conversationId: string
  readonly runId: string
}

/** An event with its number; events without one are not stored. */
export interface Followed {
  readonly id: number
  readonly event: RunEvent
}

const firstPauseMs = 250
const longestPauseMs = 5000
/** How long a server that went away is waited for. */
const patienceMs = 120_000

/**
 * The events of a run to its end. After a cut it asks again from the last event on, so that none is lost or doubled.
 * @throws CliError SERVER_UNREACHABLE when the server stays away
 */
export async function* followRun(
  client: Client,
  place: RunPlace,
  onCut: (error: unknown) => void,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  let last = 0
  let pauseMs = firstPauseMs
  let awayUntil = performance.now() + patienceMs
  while (!signal.aborted) {
    try {
      for await (const followed of readRun(client, place, last, signal)) {
        pauseMs = firstPauseMs
        awayUntil = performance.now() + patienceMs
        if (followed.id <= last) continue
        last = followed.id
        yield followed
        if (isEnd(followed.event)) return
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isPassing(error) || performance.now() > awayUntil) throw error
      onCut(error)
    }
    await sleep(pauseMs)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}

const isEnd = ({ type }: RunEvent): boolean => (terminalEvents as readonly string[]).includes(type)

/** A cut in the middle of a stream is an error of the connection, not one of ours. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof CliError) || error.exitCode === exitCodes.unavailable

async function* readRun(
  client: Client,
  { workspaceId, conversationId, runId }: RunPlace,
  last: number,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  const headers = {
    accept: 'text/event-stream',
    // What arrived before a cut can be read; of a compressed stream often nothing can.
    'accept-encoding': 'identity',
    ...(last > 0 ? { 'last-event-id': String(last) } : {}),
  }
  const params = { workspaceId, conversationId, runId }
  const response = await client.open(chatRoutes.streamRun, { params }, { headers, signal })
  if (!response.body) return
  for await (const { id, data } of readEvents(response.body)) {
    const event = runEvent.safeParse(parsed(data))
    // Kinds of events that a newer server adds are passed over.
    if (event.success && id !== null) yield { id: Number(id), event: event.data }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
