import { useCallback, useEffect, useSyncExternalStore } from 'react'
import type { RunState } from '../runs/run-state.ts'
import { useChatServices } from './chat-services.ts'
import { isLive, type Path } from './path.ts'

/** A live run, told once per frame; null for messages without one. */
export function useRun(runId: string | null): RunState | null {
  const { streams } = useChatServices()
  const subscribe = useCallback(
    (listener: () => void) => (runId ? streams.subscribe(runId, listener) : () => {}),
    [streams, runId],
  )
  return useSyncExternalStore(subscribe, () => (runId ? streams.get(runId) : null))
}

/** Keeps the streams of a conversation's live runs open while it is on the screen. */
export function useFollowRuns(path: Path | undefined): void {
  const { streams } = useChatServices()
  const runs = path?.runs.filter(isLive) ?? []
  const ids = runs.map(({ id }) => id).join(' ')
  useEffect(() => {
    const releases = runs.map((run) => streams.follow({ ...run, runId: run.id }))
    return () => {
      for (const release of releases) release()
    }
    // The ids say all that matters: a run's identity never changes.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [streams, ids])
}
