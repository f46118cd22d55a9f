import type { AssistantPart } from '@atrium/wire'
import { changed, first, rows, sql, type Tx } from '#platform/db'

/** What an Idempotency-Key stands for. */
export interface AnswerKey {
  readonly workspaceId: string
  readonly caller: string
  readonly operation: string
  readonly key: string
}

export interface AnswerRow {
  readonly fingerprint: Buffer
  readonly state: 'running' | 'answered' | 'too-large'
  /** The process that runs it is alive. */
  readonly alive: boolean
  readonly status: number | null
  readonly headers: Readonly<Record<string, string>> | null
  readonly body: Buffer | null
}

const leaseSeconds = 30
const keptHours = 24

const keyOf = ({ workspaceId, caller, operation, key }: AnswerKey) => sql`
  workspace_id = ${workspaceId} AND caller = ${caller} AND operation = ${operation} AND key = ${key}`

/** Claims a key; false when somebody has it. */
export async function claimAnswer(tx: Tx, at: AnswerKey, fingerprint: Buffer): Promise<boolean> {
  const { workspaceId, caller, operation, key } = at
  const taken = await changed(
    tx,
    sql`
      INSERT INTO gateway.answers (workspace_id, caller, operation, key, fingerprint, state, lease_until)
      VALUES (${workspaceId}, ${caller}, ${operation}, ${key}, ${fingerprint}, 'running',
        now() + make_interval(secs => ${leaseSeconds}))
      ON CONFLICT (workspace_id, caller, operation, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, state = 'running', lease_until = excluded.lease_until,
          status = NULL, headers = NULL, body = NULL, created_at = now()
        WHERE answers.created_at < now() - make_interval(hours => ${keptHours})`,
  )
  return taken > 0
}

export async function findAnswer(tx: Tx, at: AnswerKey): Promise<AnswerRow | undefined> {
  return first(
    tx,
    sql<AnswerRow>`
      SELECT fingerprint, state, lease_until > now() AS alive, status, headers, body
      FROM gateway.answers WHERE ${keyOf(at)}`,
  )
}

export async function renewAnswer(tx: Tx, at: AnswerKey): Promise<void> {
  await sql`
    UPDATE gateway.answers SET lease_until = now() + make_interval(secs => ${leaseSeconds})
    WHERE ${keyOf(at)} AND state = 'running'`.execute(tx)
}

export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Null when it is too large to be kept. */
  readonly body: Buffer | null
}

export async function keepAnswer(tx: Tx, at: AnswerKey, answer: KeptAnswer): Promise<void> {
  const { status, headers, body } = answer
  await sql`
    UPDATE gateway.answers
    SET state = ${body ? 'answered' : 'too-large'}, status = ${status}, headers = ${JSON.stringify(headers)}::jsonb,
      body = ${body}
    WHERE ${keyOf(at)}`.execute(tx)
}

export async function releaseAnswer(tx: Tx, at: AnswerKey): Promise<void> {
  await sql`DELETE FROM gateway.answers WHERE ${keyOf(at)}`.execute(tx)
}

/** Forgets answers after a day and a bit, and states after a month; needs the job role. */
export async function forgetOld(tx: Tx): Promise<void> {
  await sql`DELETE FROM gateway.answers WHERE created_at < now() - interval '25 hours'`.execute(tx)
  await sql`DELETE FROM gateway.call_states WHERE created_at < now() - interval '30 days'`.execute(tx)
}

/** Whose states: nobody else's calls are looked up by their ids. */
export interface StateOwner {
  readonly workspaceId: string
  readonly personId: string
}

export async function keepStates(
  tx: Tx,
  { workspaceId, personId }: StateOwner,
  states: readonly { callId: string; parts: readonly AssistantPart[] }[],
): Promise<void> {
  const list = JSON.stringify(states)
  await sql`
    INSERT INTO gateway.call_states (workspace_id, person_id, call_id, parts)
    SELECT ${workspaceId}, ${personId}, one."callId", one.parts
    FROM jsonb_to_recordset(${list}::jsonb) AS one ("callId" text, parts jsonb)
    ON CONFLICT (workspace_id, person_id, call_id) DO UPDATE SET parts = excluded.parts, created_at = now()`.execute(
    tx,
  )
}

export async function findStates(
  tx: Tx,
  { workspaceId, personId }: StateOwner,
  callIds: readonly string[],
): Promise<{ callId: string; parts: AssistantPart[] }[]> {
  return rows(
    tx,
    sql<{ callId: string; parts: AssistantPart[] }>`
      SELECT call_id AS "callId", parts FROM gateway.call_states
      WHERE workspace_id = ${workspaceId} AND person_id = ${personId} AND call_id = ANY(${callIds})
      LIMIT 1000`,
  )
}
