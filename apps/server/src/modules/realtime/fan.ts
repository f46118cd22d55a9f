import type { SyncEvent } from '@atrium/contract'

type Send = (event: SyncEvent) => void

/** Open streams by workspace and person; what is told to one key arrives in order. */
export function createFan(onError: (error: unknown) => void) {
  const streams = new Map<string, { sends: Set<Send>; last: Promise<void> }>()

  const sendAll = (key: string, event: SyncEvent): void => {
    for (const send of streams.get(key)?.sends ?? []) send(event)
  }

  return {
    keyOf: (workspaceId: string, personId: string): string => `${workspaceId}/${personId}`,
    has: (key: string): boolean => streams.has(key),
    join: (key: string, send: Send): (() => void) => {
      const entry = streams.get(key) ?? { sends: new Set<Send>(), last: Promise.resolve() }
      entry.sends.add(send)
      streams.set(key, entry)
      return () => {
        entry.sends.delete(send)
        if (entry.sends.size === 0) streams.delete(key)
      }
    },
    tell: (key: string, work: (send: Send) => Promise<void>): void => {
      const entry = streams.get(key)
      if (!entry) return
      entry.last = entry.last.then(() => work((event) => sendAll(key, event))).catch(onError)
    },
    tellWorkspace: (workspaceId: string, event: SyncEvent): void => {
      for (const key of streams.keys()) if (key.startsWith(`${workspaceId}/`)) sendAll(key, event)
    },
    tellAll: (event: SyncEvent): void => {
      for (const key of streams.keys()) sendAll(key, event)
    },
  }
}
