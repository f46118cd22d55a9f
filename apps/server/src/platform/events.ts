import { noticePayload } from './bus.ts'
import type { Clock } from './clock.ts'
import { sql, type Tx } from './db.ts'

/** A fact of one workspace, such as `turn-finished`; its payload carries ids. */
export interface DomainEvent {
  readonly type: string
  readonly workspaceId: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface Events {
  /**
   * Stores a fact in the transaction that makes it true. Handlers (see `jobs.ts`) receive it at least once
   * after the commit, so they must be idempotent.
   */
  publish(tx: Tx, event: DomainEvent): Promise<void>
}

export const outboxTopic = 'outbox'

/** The writing side of the outbox. */
export function createEvents(clock: Clock): Events {
  return {
    publish: async (tx, { type, workspaceId, payload }) => {
      await sql`
        WITH stored AS (
          INSERT INTO platform.outbox (workspace_id, id, type, payload)
          VALUES (${workspaceId}, ${clock.uuid()}, ${type}, ${JSON.stringify(payload)})
        )
        SELECT pg_notify('atrium', ${noticePayload(outboxTopic, { type })})`.execute(tx)
    },
  }
}
