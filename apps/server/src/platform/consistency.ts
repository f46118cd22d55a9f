/** Consistency tokens: with them a caller reads its own writes and never goes back in time, although replicas answer too. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createHmac } from 'node:crypto'
import { later, type Position } from './db/position.ts'
import { AppError } from './errors.ts'
import { sameText, type Keyring } from './secrets.ts'

/** Carries a token, in requests and in answers. */
export const consistencyHeader = 'x-consistency-token'

/** What one request may read, and what it has seen. */
export interface ReadSession {
  /** What the caller has seen or written before; null for a caller that does not say. */
  readonly floor: Position | null
  /** The request is a plain read, which a replica may answer. */
  readonly mayLag: boolean
  /** The latest place in the log that this request's answers cover. */
  seen: Position | null
}

export interface Consistency {
  /** Whether replicas answer too, so that tokens are told. */
  readonly isTracked: boolean
  /**
   * Runs the work of a request. `tell` gets the token of what it wrote or saw, also when it fails; it is not called
   * where there are no replicas, since no answer then needs one.
   * @param token what the caller presents for a read that a replica may answer; null for all other work
   * @throws AppError 400 for what is no token of this installation
   */
  follow<T>(token: PresentedToken | null, work: () => Promise<T>, tell: (token: string) => void): Promise<T>
  /** A token that covers everything committed before this call; undefined where there are no replicas. */
  current(): Promise<string | undefined>
}

/** The header of a request, as it came. */
export interface PresentedToken {
  readonly text: string | readonly string[] | undefined
}

/** What the database tells the sessions of requests, and asks of them. */
export interface ReadSessions {
  current(): ReadSession | undefined
  note(position: Position): void
}

/** Remembers per request what its transactions saw. */
export function createReadSessions() {
  const sessions = new AsyncLocalStorage<ReadSession>()
  return {
    current: () => sessions.getStore(),
    note: (position: Position) => {
      const session = sessions.getStore()
      if (session) session.seen = later(session.seen, position)
    },
    run: <T>(session: ReadSession, work: () => Promise<T>): Promise<T> => sessions.run(session, work),
  }
}

export interface ConsistencyOptions {
  readonly keyring: Pick<Keyring, 'derive'>
  /** Present where there are replicas. */
  readonly replicated?: {
    readonly sessions: ReturnType<typeof createReadSessions>
    /** A place in the log that covers everything committed before the call. */
    readonly position: () => Promise<Position | null>
  }
}

export function createConsistency({ keyring, replicated }: ConsistencyOptions): Consistency {
  const tokens = createTokens(keyring)
  return {
    isTracked: replicated !== undefined,
    follow: async (presented, work, tell) => {
      const floor = presented?.text === undefined ? null : tokens.read(presented.text)
      if (!replicated) return work()
      const session: ReadSession = { floor, mayLag: presented !== null, seen: null }
      try {
        return await replicated.sessions.run(session, work)
      } finally {
        if (session.seen) tell(tokens.write(session.seen))
      }
    },
    current: async () => {
      const position = await replicated?.position()
      return position ? tokens.write(position) : undefined
    },
  }
}

/**
 * Tokens are 40 hexadecimal digits: 8 of the lineage, 16 of the place in the log, 16 of an HMAC-SHA256 over them. So of
 * two that begin with the same 8 digits the greater text is the later one.
 */
function createTokens(keyring: Pick<Keyring, 'derive'>) {
  const key = keyring.derive('consistency-token')
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('hex').slice(0, 16)
  return {
    write: ({ lineage, at }: Position): string => `${lineage}${at}${sign(lineage + at)}`,
    read: (text: string | readonly string[]): Position => {
      const parts = typeof text === 'string' ? /^([0-9a-f]{8})([0-9a-f]{16})([0-9a-f]{16})$/.exec(text) : null
      const [, lineage = '', at = '', signature = ''] = parts ?? []
      if (!parts || !sameText(signature, sign(lineage + at))) throw unknownToken()
      return { lineage, at }
    },
  }
}

const unknownToken = (): AppError =>
  new AppError(
    'INVALID_CONSISTENCY_TOKEN',
    'X-Consistency-Token: must be a token that this installation gave; leave the header out to read the latest.',
    { status: 400 },
  )
