import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { sql, type Tx } from './db.ts'
import type { Log } from './log.ts'

/** A notice as it travels: a topic and a small payload of ids, never contents. */
export type Notice = Readonly<Record<string, string | number | null>>

export interface Bus extends AsyncDisposable {
  /** Sends a notice to every process, this one included, once the transaction commits. Payloads stay below 7 kB. */
  publish(tx: Tx, topic: string, notice: Notice): Promise<void>
  /**
   * Sends a notice of something that has been committed. Cheaper than `publish`, whose commits wait for one another
   * (a NOTIFY holds a lock over the flush to disk), but a process that dies right now takes it along: for news that
   * readers would also find by looking.
   */
  announce(topic: string, notice: Notice): void
  /** Calls `handler` for each notice of the topic; returns how to stop. */
  subscribe(topic: string, handler: (notice: Notice) => void): () => void
  /** Calls `handler` after notices may have been missed (the listening connection broke). */
  onGap(handler: () => void): () => void
  /** Tells apart what this process sent itself. */
  readonly processId: string
}

const channel = 'atrium'
/** How long an announcement waits for others to go with: each query wakes every process. */
const gatherMs = 5
/** Announcements that are kept while the connection is broken. */
const maxPending = 10_000

const noticePayload = (topic: string, notice: Notice): string => JSON.stringify([topic, notice])

const announceText = 'SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload'

const retryMs = 250

/** Fan-out between processes over PostgreSQL LISTEN/NOTIFY. */
export async function openBus(url: string, log: Log): Promise<Bus> {
  const handlers = new Map<string, Set<(notice: Notice) => void>>()
  const gapHandlers = new Set<() => void>()
  const listener = new Listener(url, log, {
    onPayload: (payload) => {
      const parsed = parsePayload(payload)
      if (!parsed) return
      for (const handler of handlers.get(parsed.topic) ?? []) guarded(log, () => handler(parsed.notice))
    },
    onGap: () => {
      for (const handler of gapHandlers) guarded(log, handler)
    },
  })
  await listener.start()
  return {
    processId: randomUUID(),
    publish: async (tx, topic, notice) => {
      await sql`SELECT pg_notify(${channel}, ${noticePayload(topic, notice)})`.execute(tx)
    },
    announce: (topic, notice) => listener.announce(noticePayload(topic, notice)),
    subscribe: (topic, handler) => {
      const set = handlers.get(topic) ?? new Set()
      handlers.set(topic, set.add(handler))
      return () => set.delete(handler)
    },
    onGap: (handler) => {
      gapHandlers.add(handler)
      return () => gapHandlers.delete(handler)
    },
    [Symbol.asyncDispose]: () => listener.stop(),
  }
}

function guarded(log: Log, action: () => void): void {
  try {
    action()
  } catch (error) {
    log.error({ err: error }, 'a handler of a notice failed')
  }
}

function parsePayload(payload: string): { topic: string; notice: Notice } | undefined {
  const parsed: unknown = JSON.parse(payload)
  if (!Array.isArray(parsed) || typeof parsed[0] !== 'string') return undefined
  // Only this program writes on the channel; the payload is what `publish` was given.
  return { topic: parsed[0], notice: parsed[1] as Notice }
}

/** One connection that listens and announces, and connects again when it breaks. */
class Listener {
  #client: pg.Client | undefined
  #stopped = false
  #pending: string[] = []
  #sending: Promise<void> | undefined
  #gathering: NodeJS.Timeout | undefined
  readonly #url: string
  readonly #log: Log
  readonly #events: { onPayload: (payload: string) => void; onGap: () => void }

  constructor(url: string, log: Log, events: { onPayload: (payload: string) => void; onGap: () => void }) {
    this.#url = url
    this.#log = log
    this.#events = events
  }

  async start(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'atrium-bus',
      keepAlive: true,
    })
    client.on('notification', (message) => {
      if (message.payload) this.#events.onPayload(message.payload)
    })
    let broken = false
    const onBreak = (): void => {
      if (broken || this.#stopped) return
      broken = true
      this.#client = undefined
      this.#log.warn('the listening connection broke; connecting again')
      void this.#reconnect()
    }
    client.on('error', onBreak)
    await client.connect()
    client.on('end', onBreak)
    await client.query(`LISTEN ${channel}`)
    this.#client = client
    this.#send()
  }

  /** Those that come within a moment, or while some are on their way, leave together. */
  announce(payload: string): void {
    if (this.#pending.length >= maxPending) this.#pending.shift()
    this.#pending.push(payload)
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      this.#send()
    }, gatherMs)
  }

  #send(): void {
    const client = this.#client
    if (!client || this.#sending || this.#pending.length === 0) return
    const payloads = this.#pending
    this.#pending = []
    this.#sending = client
      .query({ name: 'announce', text: announceText, values: [channel, payloads] })
      .then(
        () => undefined,
        // The connection broke: they go out with the next one.
        () => void (this.#pending = [...payloads, ...this.#pending].slice(-maxPending)),
      )
      .finally(() => {
        this.#sending = undefined
        if (this.#client === client) this.#send()
      })
  }

  async #reconnect(): Promise<void> {
    while (!this.#stopped) {
      await new Promise((resolve) => setTimeout(resolve, retryMs))
      try {
        await this.start()
        this.#events.onGap()
        return
      } catch (error) {
        this.#log.debug({ err: error }, 'the bus cannot connect yet')
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#gathering)
    this.#send()
    await this.#sending
    await this.#client?.end().catch(() => undefined)
  }
}
