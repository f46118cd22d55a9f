import type { Conversation } from '@atrium/contract'
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { databaseOf } from '../../../api/forget.ts'
import { memoryStorage } from '../outbox/memory-storage.ts'
import type { OutboxEntry, OutboxStorage } from '../outbox/outbox.ts'
import type { Path } from './path.ts'

interface Snapshot {
  id: string
  savedAtMs: number
  path: Path
}

interface Schema extends DBSchema {
  conversations: { key: string; value: Snapshot; indexes: { savedAtMs: number } }
  lists: { key: string; value: { id: string; data: Conversation[] } }
  outbox: { key: string; value: OutboxEntry }
}

const MAX_CONVERSATIONS = 50
const MAX_MESSAGES = 200
const MAX_LISTED = 200

/**
 * What this device keeps of one person's chats in one workspace, bounded. Signing out deletes it; when a session
 * ends in another way, only the unsent messages stay.
 */
export interface DeviceStore {
  readonly outbox: OutboxStorage
  readPath(conversationId: string): Promise<Path | null>
  savePath(path: Path): Promise<void>
  dropPath(conversationId: string): Promise<void>
  readList(): Promise<Conversation[] | null>
  saveList(data: Conversation[]): Promise<void>
  /** Lets go of it; what is saved afterwards is not kept. */
  close(): void
}

/** Opens the store; every failure (private windows, full disks) means that nothing is kept. */
export function deviceStore(personId: string, workspaceId: string): DeviceStore {
  const opening = openDB<Schema>(databaseOf(personId, workspaceId), 1, {
    upgrade: (db) => {
      db.createObjectStore('conversations', { keyPath: 'id' }).createIndex('savedAtMs', 'savedAtMs')
      db.createObjectStore('lists', { keyPath: 'id' })
      db.createObjectStore('outbox', { keyPath: 'id' })
    },
    // Signing out in another tab deletes the database.
    blocking: () => close(),
  }).catch(() => null)
  let isClosed = false
  const close = () => {
    isClosed = true
    void opening.then((db) => db?.close())
  }
  const current = async () => {
    const db = await opening
    return isClosed ? null : db
  }
  const within = async <T>(work: (db: IDBPDatabase<Schema>) => Promise<T>, otherwise: T): Promise<T> => {
    const db = await current()
    return db ? work(db).catch(() => otherwise) : otherwise
  }
  return {
    close,
    outbox: outboxStorage(current),
    readPath: (id) => within(async (db) => (await db.get('conversations', id))?.path ?? null, null),
    savePath: (path) => within((db) => savePath(db, path), undefined),
    dropPath: (id) => within((db) => db.delete('conversations', id), undefined),
    readList: () => within(async (db) => (await db.get('lists', 'conversations'))?.data ?? null, null),
    saveList: (data) =>
      within(async (db) => {
        await db.put('lists', { id: 'conversations', data: data.slice(0, MAX_LISTED) })
      }, undefined),
  }
}

async function savePath(db: IDBPDatabase<Schema>, path: Path): Promise<void> {
  const transaction = db.transaction('conversations', 'readwrite')
  const messages = path.messages.slice(-MAX_MESSAGES)
  const id = path.conversation.id
  await transaction.store.put({ id, savedAtMs: Date.now(), path: { ...path, messages } })
  const oldest = await transaction.store.index('savedAtMs').getAllKeys()
  for (const key of oldest.slice(0, Math.max(0, oldest.length - MAX_CONVERSATIONS))) {
    await transaction.store.delete(key)
  }
  await transaction.done
}

function outboxStorage(current: () => Promise<IDBPDatabase<Schema> | null>): OutboxStorage {
  const fallback = memoryStorage()
  return {
    all: async () => {
      const db = await current()
      return db ? db.getAll('outbox') : fallback.all()
    },
    put: async (entry) => {
      const db = await current()
      if (!db) return fallback.put(entry)
      await db.put('outbox', entry)
      return undefined
    },
    settle: async (removedId, rewritten) => {
      const db = await current()
      if (!db) return fallback.settle(removedId, rewritten)
      const transaction = db.transaction('outbox', 'readwrite')
      await transaction.store.delete(removedId)
      for (const entry of rewritten) await transaction.store.put(entry)
      return transaction.done
    },
  }
}
