import type { Conversation, FileInfo, TurnAccepted, UserPart } from '@atrium/contract'

/** What a conversation that does not exist yet is created with. */
export interface NewConversation {
  readonly model?: string
  readonly style?: Conversation['style']
  readonly thinking?: boolean
}

/** A message that the server has not acknowledged yet. */
export interface OutboxEntry {
  /** Id of the user's message, and the idempotency key of its turn. */
  readonly id: string
  readonly conversationId: string
  readonly create: NewConversation | null
  /** The message it answers, or the waiting message whose answer it follows. */
  readonly parent: { readonly messageId: string | null } | { readonly entryId: string }
  /** Where the conversation ended for whoever began a branch on purpose; the parent when left out. */
  readonly leafId?: string | null
  readonly content: readonly UserPart[]
  /** To show the files of a waiting message. */
  readonly files: readonly FileInfo[]
  readonly model: string | null
  readonly thinking: boolean | null
  readonly createdAtMs: number
  readonly state: 'waiting' | 'sending' | 'failed'
  readonly error: {
    readonly message: string
    readonly requestId: string | null
    /** A limit is reached until then, in milliseconds since the epoch; the network is fine. */
    readonly untilMs?: number | null
  } | null
}

/** Where entries survive a reload. `settle` removes one and rewrites others in one transaction. */
export interface OutboxStorage {
  all(): Promise<OutboxEntry[]>
  put(entry: OutboxEntry): Promise<void>
  settle(removedId: string, rewritten: readonly OutboxEntry[]): Promise<void>
}

export interface OutboxOptions {
  storage: OutboxStorage
  /** Sends with the entry's id as the idempotency key: the same entry twice gives one turn. */
  send: (entry: OutboxEntry, parentId: string | null) => Promise<TurnAccepted>
  /** Reads an error: try again later, or show it. */
  explain: (error: unknown) => { temporary: boolean } & NonNullable<OutboxEntry['error']>
  onAccepted: (entry: OutboxEntry, accepted: TurnAccepted) => void
  /** Another tab has sent the entry: resolves when what it became has been read from the server. */
  onGone?: (entry: OutboxEntry) => Promise<void>
  /** Runs alone among the tabs of this browser. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>
  /** Tells the other tabs that the storage has changed. */
  onChange?: () => void
  wait?: (ms: number) => Promise<void>
}

const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000]

/** Messages on their way to the server: in order, exactly once, across reloads and lost connections. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #listeners = new Set<() => void>()
  /** Added here and still on their way into the storage. */
  readonly #storing = new Set<string>()
  /** Sent by another tab, shown until this one has read what they became. */
  readonly #leaving = new Set<string>()
  #entries: readonly OutboxEntry[] = []
  #pumping: Promise<void> | null = null
  #again = false
  #failures = 0
  /** No attempt helps before. */
  #untilMs = 0
  #closed = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  readonly entries = (): readonly OutboxEntry[] => this.#entries

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#closed = true
    this.#listeners.clear()
  }

  /** Reads what an earlier page or another tab left, and sends it. */
  async reload(): Promise<void> {
    await this.#read()
    await this.flush()
  }

  /** Shows the message at once; resolves when it is stored on the device. Sending goes on by itself. */
  async add(entry: OutboxEntry): Promise<void> {
    this.#storing.add(entry.id)
    this.#set([...this.#entries, entry])
    await this.#options.storage.put(entry).finally(() => this.#storing.delete(entry.id))
    this.#options.onChange?.()
    void this.flush()
  }

  /** Takes a message back that is not being sent. Later ones follow its parent instead. */
  async cancel(id: string): Promise<OutboxEntry | null> {
    const entry = this.#entries.find((each) => each.id === id)
    if (!entry || entry.state === 'sending') return null
    const heirs = this.#entries
      .filter(({ parent }) => 'entryId' in parent && parent.entryId === id)
      .map((heir) => ({ ...heir, parent: entry.parent, create: heir.create ?? entry.create }))
    await this.#settle(id, heirs)
    return entry
  }

  async retry(id: string): Promise<void> {
    this.#failures = 0
    this.#patch(id, { state: 'waiting', error: null })
    const entry = this.#entries.find((each) => each.id === id)
    if (entry) await this.#options.storage.put(entry)
    await this.flush()
  }

  /** Sends all that can be sent; one sender at a time. */
  async flush(): Promise<void> {
    this.#again = true
    // Asked for just as a sender ends: then another one begins.
    while (this.#again && !this.#closed) {
      this.#pumping ??= this.#pump().finally(() => {
        this.#pumping = null
      })
      await this.#pumping
    }
  }

  async #pump(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      const outcome = await this.#options.exclusively(async () => {
        await this.#read()
        return this.#sendAll()
      })
      if (outcome === 'later') void this.#retryLater()
    }
  }

  async #sendAll(): Promise<'done' | 'later'> {
    for (let entry = this.#next(); entry && !this.#closed; entry = this.#next()) {
      const outcome = await this.#sendOne(entry)
      if (outcome === 'later') return 'later'
    }
    return 'done'
  }

  async #sendOne(entry: OutboxEntry): Promise<'sent' | 'failed' | 'later'> {
    const parentId = 'messageId' in entry.parent ? entry.parent.messageId : null
    this.#patch(entry.id, { state: 'sending' })
    try {
      const accepted = await this.#options.send(entry, parentId)
      this.#failures = 0
      this.#options.onAccepted(entry, accepted)
      const heirs = this.#entries
        .filter(({ id, conversationId }) => id !== entry.id && conversationId === entry.conversationId)
        .map((heir) => movedOn(heir, entry.id, accepted.run.assistantMessageId))
      await this.#settle(entry.id, heirs)
      return 'sent'
    } catch (error) {
      const { temporary, ...shown } = this.#options.explain(error)
      this.#patch(entry.id, { state: temporary ? 'waiting' : 'failed', error: shown })
      this.#untilMs = shown.untilMs ?? 0
      const changed = this.#entries.find(({ id }) => id === entry.id)
      if (changed && !temporary) await this.#options.storage.put(changed)
      return temporary ? 'later' : 'failed'
    }
  }

  /** The oldest message that waits for nothing: its parent is known and no earlier one of its chain failed. */
  #next(): OutboxEntry | undefined {
    return this.#entries.find(({ state, parent }) => state === 'waiting' && 'messageId' in parent)
  }

  async #retryLater(): Promise<void> {
    const ms = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? 30_000
    this.#failures += 1
    const limitedMs = this.#untilMs - Date.now()
    await (this.#options.wait ?? sleep)(limitedMs > 0 ? limitedMs : ms)
    if (!this.#closed) await this.flush()
  }

  async #read(): Promise<void> {
    const stored = await this.#options.storage.all()
    const known = new Map(this.#entries.map((entry) => [entry.id, entry]))
    const merged = stored.map((entry): OutboxEntry => {
      const state = entry.state === 'sending' ? 'waiting' : entry.state
      return { ...entry, state, error: entry.error ?? known.get(entry.id)?.error ?? null }
    })
    const storedIds = new Set(stored.map(({ id }) => id))
    const missing = this.#entries.filter(({ id }) => !storedIds.has(id))
    const fresh = missing.filter(({ id }) => this.#storing.has(id))
    // It exists on the server by now: nothing is left to create.
    const gone = missing.flatMap((entry): OutboxEntry[] =>
      this.#storing.has(entry.id) ? [] : [{ ...entry, state: 'sending', create: null }],
    )
    this.#set(
      [...merged, ...fresh, ...gone].toSorted(
        (a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1),
      ),
    )
    for (const entry of gone) void this.#leave(entry)
  }

  /** Takes an entry off the screen once what it became can be seen; tried again with the next reading. */
  async #leave(entry: OutboxEntry): Promise<void> {
    if (this.#leaving.has(entry.id)) return
    this.#leaving.add(entry.id)
    try {
      await this.#options.onGone?.(entry)
      this.#set(this.#entries.filter(({ id }) => id !== entry.id))
    } catch {
      // Still shown as being sent.
    } finally {
      this.#leaving.delete(entry.id)
    }
  }

  async #settle(removedId: string, rewritten: readonly OutboxEntry[]): Promise<void> {
    const changed = new Map(rewritten.map((entry) => [entry.id, entry]))
    this.#set(
      this.#entries.filter(({ id }) => id !== removedId).map((entry) => changed.get(entry.id) ?? entry),
    )
    await this.#options.storage.settle(removedId, rewritten)
    this.#options.onChange?.()
  }

  #patch(id: string, change: Partial<OutboxEntry>): void {
    this.#set(this.#entries.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)))
  }

  #set(entries: readonly OutboxEntry[]): void {
    this.#entries = entries
    for (const listener of this.#listeners) listener()
  }
}

/** A message that waits while an earlier one is accepted: what it follows has an id now, and the conversation's end has moved. */
const movedOn = (heir: OutboxEntry, sentId: string, leafId: string): OutboxEntry => ({
  ...heir,
  ...(heir.leafId === undefined ? {} : { leafId }),
  ...('entryId' in heir.parent && heir.parent.entryId === sentId ? { parent: { messageId: leafId } } : {}),
})

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
