import type { SyncEvent, SyncMessage } from '@atrium/contract'

export type Send = (message: SyncMessage) => void

export interface FanOptions {
  readonly onError: (error: unknown) => void
  /** A token that covers everything committed before the call, where one is needed. */
  readonly token: () => Promise<string | undefined>
}

/** Open streams by workspace and person; what is told to one key arrives in order. */
export function createFan({ onError, token }: FanOptions) {
  const streams = new Map<string, { sends: Set<Send>; last: Promise<void> }>()

  const withToken = async (event: SyncEvent): Promise<SyncMessage> => {
    // When the database is gone, so are the notices: all is read again once it is back.
    const consistencyToken = await token().catch(() => undefined)
    return consistencyToken ? { ...event, consistencyToken } : event
  }

  const tell = (key: string, work: () => Promise<SyncEvent | undefined>): void => {
    const entry = streams.get(key)
    if (!entry) return
    const told = async (): Promise<void> => {
      const event = await work()
      if (!event) return
      const message = await withToken(event)
      for (const send of entry.sends) send(message)
    }
    entry.last = entry.last.then(told).catch(onError)
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
    /** Tells what `work` gives, if anything. */
    tell,
    tellWorkspace: (workspaceId: string, event: SyncEvent): void => {
      for (const key of streams.keys()) if (key.startsWith(`${workspaceId}/`)) tell(key, async () => event)
    },
    tellAll: (event: SyncEvent): void => {
      for (const key of streams.keys()) tell(key, async () => event)
    },
    withToken,
  }
}
