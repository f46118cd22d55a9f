import { useCallback, useEffect, useSyncExternalStore } from 'react'
import type { RunState } from '../runs/run-state.ts'
import { useChatServices } from './chat-services.ts'
import { followedRun, type Path } from './path.ts'

/** A live run, told once per frame; null for messages without one. */
export function useRun(runId: string | null): RunState | null {
  const { streams } = useChatServices()
  const subscribe = useCallback(
    (listener: () => void) => (runId ? streams.subscribe(runId, listener) : () => {}),
    [streams, runId],
  )
  return useSyncExternalStore(subscribe, () => (runId ? streams.get(runId) : null))
}

/**
 * Keeps the stream of the run that writes the open path open. Browsers have few connections to one address, so runs that
 * wait for their turn get theirs when it comes.
 */
export function useFollowRuns(path: Path | undefined): void {
  const { streams } = useChatServices()
  const run = path && followedRun(path)
  useEffect(
    () => (run ? streams.follow(run) : undefined),
    // The id says all that matters: a run's identity never changes.
    // oxlint-disable-next-line react/exhaustive-deps
    [streams, run?.runId],
  )
}
