import type { OutboxEntry, OutboxStorage } from './outbox.ts'

/** For browsers that refuse storage: messages then wait as long as the page lives. */
export function memoryStorage(entries = new Map<string, OutboxEntry>()): OutboxStorage {
  return {
    all: () => Promise.resolve([...entries.values()]),
    put: (entry) => {
      entries.set(entry.id, entry)
      return Promise.resolve()
    },
    settle: (removedId, rewritten) => {
      entries.delete(removedId)
      for (const entry of rewritten) entries.set(entry.id, entry)
      return Promise.resolve()
    },
  }
}
