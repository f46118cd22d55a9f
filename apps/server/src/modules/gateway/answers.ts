import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '#platform/db'
import { invalidInput } from '#platform/errors'
import type { Member } from '#platform/http'
import type { Log } from '#platform/log'
import { gatewayErrors } from './errors.ts'
import { commonHeaders } from './outlet.ts'
import { SharedAnswer } from './shared-answer.ts'
import {
  claimAnswer,
  findAnswer,
  keepAnswer,
  releaseAnswer,
  renewAnswer,
  type AnswerKey,
  type AnswerRow,
} from './store.ts'

/** Answers to requests with an `Idempotency-Key`. */
export interface Answers {
  /**
   * The answer that a first request must write; null when a repeated one was given an answer: that of the call under
   * way, of which it gets every byte, or the one that was kept.
   * @throws AppError 422 for the same key with another body, 409 while another process answers or when nobody knows
   */
  open(
    claim: AnswerClaim,
    response: ServerResponse,
    controller: AbortController,
  ): Promise<SharedAnswer | null>
  /** Keeps what was answered, or frees the key when nothing was done that must not be done twice. */
  close(answer: SharedAnswer, keep: boolean): Promise<void>
}

export interface AnswerClaim extends AnswerKey {
  readonly fingerprint: Buffer
}

/**
 * What the header claims, undefined without it. A key is scoped by its holder and the address.
 * @throws AppError 400 for a key that is no key
 */
export function claimOf(request: IncomingMessage, member: Member, body: Buffer): AnswerClaim | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalidInput('Idempotency-Key: must be 1 to 255 visible ASCII characters')
  const { kind, credentialId, personId, workspaceId } = member
  return {
    workspaceId,
    caller: kind === 'key' ? `key:${credentialId}` : `person:${personId}`,
    operation: `${request.method} ${addressOf(request)}`,
    key,
    fingerprint: createHash('sha256').update(body).digest(),
  }
}

/** Keys in the query are nobody's business. */
function addressOf({ url = '' }: IncomingMessage): string {
  const [path = '', query = ''] = url.split('?', 2)
  const params = new URLSearchParams(query)
  params.delete('key')
  return `${path}?${params.toString()}`
}

const renewMs = 10_000
const waitMs = 30_000
const pollMs = 200
/** An answer that has just ended is soon kept, or its key free. */
const endingMs = 10

export function createAnswers(db: Database, log: Log, scope: AsyncDisposableStack): Answers {
  const running = new Map<string, SharedAnswer>()

  const renew = (): void => {
    for (const { claim } of running.values()) {
      db.withWorkspace(claim.workspaceId, (tx) => renewAnswer(tx, claim)).catch((error: unknown) =>
        log.warn({ err: error }, 'the lease of an answer could not be renewed'),
      )
    }
  }
  const timer = setInterval(renew, renewMs)
  scope.defer(() => clearInterval(timer))

  /** Waits for whoever has the key. Gives nothing when it has become free. */
  const meet = async (claim: AnswerClaim, response: ServerResponse): Promise<'free' | 'answered'> => {
    const deadline = performance.now() + waitMs
    for (;;) {
      const here = running.get(nameOf(claim))
      const row = here ? undefined : await db.readWorkspace(claim.workspaceId, (tx) => findAnswer(tx, claim))
      if (!here && !row) return 'free'
      if (!(here?.claim ?? row)?.fingerprint.equals(claim.fingerprint)) throw gatewayErrors.keyReused()
      if (here && !here.hasEnded) {
        here.attach(response)
        return 'answered'
      }
      if (row && replay(row, response)) return 'answered'
      if (performance.now() > deadline || response.destroyed) throw gatewayErrors.stillRunning()
      await sleep(here ? endingMs : pollMs)
    }
  }

  return {
    open: async (claim, response, controller) => {
      for (;;) {
        const claimed =
          !running.has(nameOf(claim)) &&
          (await db.withWorkspace(claim.workspaceId, (tx) => claimAnswer(tx, claim, claim.fingerprint)))
        if (claimed) {
          const answer = new SharedAnswer(claim, response, controller)
          running.set(nameOf(claim), answer)
          return answer
        }
        if ((await meet(claim, response)) === 'answered') return null
      }
    },
    close: async (answer, keep) => {
      const { claim } = answer
      try {
        if (!answer.hasBegun) answer.abandon()
        const kept = keep ? answer.kept() : undefined
        await db.withWorkspace(claim.workspaceId, (tx) =>
          kept ? keepAnswer(tx, claim, kept) : releaseAnswer(tx, claim),
        )
      } catch (error) {
        log.error({ err: error }, 'an answer could not be kept')
      } finally {
        running.delete(nameOf(claim))
      }
    },
  }
}

const nameOf = ({ workspaceId, caller, operation, key }: AnswerKey): string =>
  [workspaceId, caller, operation, key].join('\n')

/** Gives a kept answer; false while there is none yet. */
function replay(row: AnswerRow, response: ServerResponse): boolean {
  if (row.state === 'too-large') throw gatewayErrors.notKept()
  if (row.state === 'running') {
    if (!row.alive) throw gatewayErrors.outcomeUnknown()
    return false
  }
  response.writeHead(row.status ?? 200, {
    ...commonHeaders,
    ...row.headers,
    'idempotent-replayed': 'true',
    'content-length': row.body?.length ?? 0,
  })
  response.end(row.body)
  return true
}
