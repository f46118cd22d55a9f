import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { canonicalJson } from '../canonical.ts'
import { first, sql, type Database, type Tx } from '../db.ts'
import { AppError, invalidInput } from '../errors.ts'
import type { Caller } from './caller.ts'
import { digestUpload, type UploadDigest } from './upload-digest.ts'

/** Rows of callers outside any workspace are kept under this id. */
const noWorkspace = '00000000-0000-0000-0000-000000000000'

/** The answer of a call, and whether it is one that was stored before. */
export interface Outcome {
  readonly answer: unknown
  readonly replayed: boolean
}

export interface Claim {
  readonly key: string
  readonly caller: string
  readonly operation: string
  readonly workspaceId: string
  /** SHA-256 of what is asked for, the file of a multipart body left out. */
  readonly fingerprint: Buffer
  /** Set for multipart bodies, which only the handler reads. */
  readonly upload: UploadDigest | null
}

const waitMs = 10_000
const pollMs = 30
/** A claim without an answer that is older than this was left by a process that died. */
const abandoned = sql`now() - interval '5 minutes'`

/**
 * What the `Idempotency-Key` header of a request claims, or null without one.
 * Semantics: draft-ietf-httpapi-idempotency-key-header; a key is scoped by caller, method and path.
 * @throws AppError 400 for a key that is no key
 */
export function claimOf(
  request: FastifyRequest,
  caller: Caller | null,
  workspaceId: string | undefined,
): Claim | null {
  const key = request.headers['idempotency-key']
  if (key === undefined || !caller) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalidInput('Idempotency-Key: must be 1 to 255 visible ASCII characters')
  }
  return {
    key,
    caller: caller.kind === 'key' ? `key:${caller.credentialId}` : `person:${caller.personId}`,
    operation: `${request.method} ${pathOf(request)}`,
    workspaceId: workspaceId ?? noWorkspace,
    fingerprint: fingerprintOf(request),
    upload: request.isMultipart() ? digestUpload(request) : null,
  }
}

/** The path as the route understands it: ids may be spelled in several ways. */
function pathOf(request: FastifyRequest): string {
  return `${request.routeOptions.url ?? ''} ${JSON.stringify(request.params ?? {})}`
}

/** The order of keys means nothing in JSON, so it makes no other request. */
function fingerprintOf(request: FastifyRequest): Buffer {
  const { query = null, body = null } = request
  return createHash('sha256')
    .update(canonicalJson([pathOf(request), query, body]))
    .digest()
}

/** The fingerprint of the whole request. */
const joined = ({ fingerprint }: Claim, uploadDigest: Buffer): Buffer =>
  createHash('sha256').update(fingerprint).update(uploadDigest).digest()

/** Work that may begin by reading before its claim is answered, and writes only once `claimed` has resolved. */
export type ClaimedWork = (claimed: Promise<void>) => Promise<unknown>

/** Somebody else has the key: work that waits for it ends with this. */
class NotClaimed extends Error {}

/**
 * Runs `work` once per claim. The claim, the work and the stored answer commit together; a repetition that comes
 * meanwhile waits for it, a later one gets the stored answer.
 * @param readsFirst the first statements of `work` travel together with the claim
 * @throws AppError 422 for the same key with another body, 409 when the first call takes too long
 */
export async function once(
  db: Database,
  claim: Claim,
  work: ClaimedWork,
  readsFirst = false,
): Promise<Outcome> {
  return untilFree((): Promise<Outcome | 'busy'> =>
    db.atomically({ workspaceId: claim.workspaceId }, async (tx) => {
      const claiming = claimKey(tx, claim)
      const answer = await workOn(claiming, work, readsFirst)
      const meeting = await claiming
      if (meeting === 'busy') return 'busy'
      if (meeting !== 'claimed') return replay(meeting, claim)
      if (answer.status === 'rejected') throw answer.reason
      db.withCommit(tx, store(tx, claim, answer.value))
      return { answer: answer.value, replayed: false }
    }),
  )
}

/** How the work ended, if it has begun at all: without the key its end means nothing. */
async function workOn(
  claiming: Promise<Meeting>,
  work: ClaimedWork,
  readsFirst: boolean,
): Promise<PromiseSettledResult<unknown>> {
  const claimed = claiming.then(insist)
  try {
    if (!readsFirst) await claimed
    // Heard of here too, should the work end before it asks.
    claimed.catch(() => undefined)
    return { status: 'fulfilled', value: await work(claimed) }
  } catch (reason) {
    return { status: 'rejected', reason }
  }
}

function insist(meeting: Meeting): void {
  if (meeting !== 'claimed') throw new NotClaimed()
}

/**
 * The same for work that talks to the outside and so must not hold a transaction: the claim commits first.
 * When the process dies in the middle the outcome stays unknown, and the key is free again after five minutes.
 */
export async function onceOutside(
  db: Database,
  claim: Claim,
  work: () => Promise<unknown>,
): Promise<Outcome> {
  const scope = claim.workspaceId
  const met = await untilFree((): Promise<Meeting> =>
    db.withWorkspace(scope, async (tx) => {
      const meeting = await claimKey(tx, claim)
      return meeting === 'claimed' || (meeting !== 'busy' && meeting.answered) ? meeting : 'busy'
    }),
  )
  // Outside the transaction: the file to compare with comes at the pace of its sender.
  if (met !== 'claimed') return replay(met, claim)
  const answer = await work().catch(async (error: unknown) => {
    await db.withWorkspace(scope, (tx) => remove(tx, claim))
    throw error
  })
  await db.withWorkspace(scope, (tx) => store(tx, claim, answer))
  return { answer, replayed: false }
}

async function untilFree<T>(attempt: () => Promise<T | 'busy'>): Promise<T> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const result = await attempt()
    if (result !== 'busy') return result
    if (performance.now() > deadline) {
      throw new AppError('IDEMPOTENCY_IN_PROGRESS', 'The first request with this key is still running.', {
        retryAfterSeconds: 1,
      })
    }
    await sleep(pollMs)
  }
}

interface Row {
  fingerprint: Buffer
  answered: boolean
  answer: unknown
}

async function replay(row: Row, claim: Claim): Promise<Outcome> {
  const fingerprint = claim.upload ? joined(claim, await claim.upload.read()) : claim.fingerprint
  if (!row.fingerprint.equals(fingerprint)) {
    throw new AppError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for a different request.')
  }
  return { answer: row.answer, replayed: true }
}

/** What a claim meets: nobody, a call under way, or a call before. */
type Meeting = 'claimed' | 'busy' | Row

/**
 * Claims a key in one statement. The lock keeps repetitions away while the first call is in its transaction; a
 * repetition that starts just as that one commits may see neither lock nor row, inserts nothing, and comes again.
 */
async function claimKey(tx: Tx, claim: Claim): Promise<Meeting> {
  const { workspaceId, caller, operation, key } = claim
  const name = [workspaceId, caller, operation, key].join('\n')
  const found = await first(
    tx,
    sql<Partial<Row> & { claimed: boolean }>`
    WITH lock AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) AS free),
    before AS (
      SELECT fingerprint, status IS NOT NULL AS answered, answer FROM platform.idempotency
      WHERE ${keyOf(claim)} AND (status IS NOT NULL OR created_at > ${abandoned})
    ), claimed AS (
      INSERT INTO platform.idempotency (workspace_id, caller, operation, key, fingerprint)
      SELECT ${workspaceId}, ${caller}, ${operation}, ${key}, ${claim.fingerprint} FROM lock
      WHERE free AND NOT EXISTS (SELECT 1 FROM before)
      ON CONFLICT (workspace_id, caller, operation, key) DO UPDATE SET fingerprint = excluded.fingerprint, created_at = now()
        WHERE idempotency.status IS NULL AND idempotency.created_at <= ${abandoned}
      RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM claimed) AS claimed, before.*
    FROM lock LEFT JOIN before ON lock.free`,
  )
  if (found?.claimed) return 'claimed'
  return isRow(found) ? found : 'busy'
}

const isRow = (row: Partial<Row> | undefined): row is Row => row?.fingerprint instanceof Buffer

const keyOf = (claim: Claim) => sql`
  workspace_id = ${claim.workspaceId} AND caller = ${claim.caller}
  AND operation = ${claim.operation} AND key = ${claim.key}`

async function store(tx: Tx, claim: Claim, answer: unknown): Promise<void> {
  const fingerprint = claim.upload ? joined(claim, claim.upload.taken()) : claim.fingerprint
  await sql`
    UPDATE platform.idempotency
    SET status = 200, answer = ${JSON.stringify(answer ?? null)}, fingerprint = ${fingerprint}
    WHERE ${keyOf(claim)}`.execute(tx)
}

async function remove(tx: Tx, claim: Claim): Promise<void> {
  await sql`DELETE FROM platform.idempotency WHERE ${keyOf(claim)}`.execute(tx)
}

/** Forgets keys after a day and a bit; returns how many. */
export async function forgetOldKeys(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    await sql`DELETE FROM platform.idempotency WHERE created_at < now() - interval '25 hours'`.execute(tx)
  })
}
