import type { Bootstrap } from '@atrium/contract'
import { readStored } from './preferences.ts'

const prefix = 'atrium.'
const databasePrefix = 'atrium-chat-'

/** What a device keeps of conversations, by the names that `deviceStore` gives its databases and stores. */
export const databaseOf = (personId: string, workspaceId: string): string =>
  `${databasePrefix}${personId}-${workspaceId}`
const conversationStores = ['conversations', 'lists'] as const

/** Drops everything of a person who signs out: other people may use the same browser. */
export async function forgetEverything(): Promise<void> {
  const names = await databaseNames()
  dropStored((name) => !/^(theme|density)$/.test(name))
  for (const name of names) indexedDB.deleteDatabase(name)
}

/**
 * Drops what can be read again once the session has ended: conversations, who was signed in, choices. What was written and not
 * sent stays; it bears the person's id, so that only they see it when they sign in again.
 */
export async function forgetConversations(): Promise<void> {
  const names = await databaseNames()
  dropStored((name) => /^(bootstrap$|unread\.|chat\.)/.test(name))
  await Promise.all(names.map(clearStores))
}

function dropStored(isDropped: (name: string) => boolean): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(prefix) && isDropped(key.slice(prefix.length))) localStorage.removeItem(key)
  }
}

/** Those that exist; where a browser does not tell, those of whoever was signed in last. */
async function databaseNames(): Promise<string[]> {
  const last = readStored<Bootstrap>('bootstrap')
  try {
    const all = await indexedDB.databases()
    return all.flatMap(({ name }) => (name?.startsWith('atrium') ? [name] : []))
  } catch {
    return last?.person ? last.workspaces.map(({ id }) => databaseOf(last.person?.id ?? '', id)) : []
  }
}

/** Empties a database and leaves it: other tabs have it open. Resolves also when that is not possible. */
function clearStores(name: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const opening = indexedDB.open(name)
  // There is none of this name: it is not to be made.
  opening.addEventListener('upgradeneeded', () => opening.transaction?.abort())
  opening.addEventListener('error', () => resolve())
  opening.addEventListener('success', () => {
    const db = opening.result
    const stores = conversationStores.filter((store) => db.objectStoreNames.contains(store))
    if (stores.length === 0) {
      db.close()
      resolve()
      return
    }
    const transaction = db.transaction(stores, 'readwrite')
    for (const store of stores) transaction.objectStore(store).clear()
    for (const end of ['complete', 'abort', 'error']) transaction.addEventListener(end, () => resolve())
    db.close()
  })
  return promise
}
