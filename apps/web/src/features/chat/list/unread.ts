import { readStored, writeStored } from '../../../api/preferences.ts'

const MOST = 200

/** Conversations with an answer that arrived while they were not open; remembered by this browser. */
export class UnreadStore {
  readonly #name: string
  readonly #listeners = new Set<() => void>()
  #ids: ReadonlySet<string>

  constructor(workspaceId: string) {
    this.#name = `unread.${workspaceId}`
    this.#ids = new Set(readStored<string[]>(this.#name) ?? [])
  }

  readonly ids = (): ReadonlySet<string> => this.#ids

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    const fromOtherTab = ({ key }: StorageEvent) => {
      if (!key?.endsWith(this.#name)) return
      this.#ids = new Set(readStored<string[]>(this.#name) ?? [])
      listener()
    }
    addEventListener('storage', fromOtherTab)
    return () => {
      this.#listeners.delete(listener)
      removeEventListener('storage', fromOtherTab)
    }
  }

  add(conversationId: string): void {
    if (!this.#ids.has(conversationId)) this.#set([...this.#ids, conversationId].slice(-MOST))
  }

  delete(conversationId: string): void {
    if (this.#ids.has(conversationId)) this.#set([...this.#ids].filter((id) => id !== conversationId))
  }

  #set(ids: string[]): void {
    this.#ids = new Set(ids)
    writeStored(this.#name, ids.length > 0 ? ids : null)
    for (const listener of this.#listeners) listener()
  }
}
