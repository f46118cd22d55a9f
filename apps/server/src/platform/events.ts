import type { Bus } from './bus.ts'
import type { Clock } from './clock.ts'
import { sql, type Database, type Tx } from './db.ts'

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
export function createEvents({ db, bus, clock }: { db: Database; bus: Bus; clock: Clock }): Events {
  return {
    publish: async (tx, { type, workspaceId, payload }) => {
      // Should the announcement get lost, the relay finds the row by looking.
      db.afterCommit(tx, () => bus.announce(outboxTopic, { type }))
      await sql`
        INSERT INTO platform.outbox (workspace_id, id, type, payload)
        VALUES (${workspaceId}, ${clock.uuid()}, ${type}, ${JSON.stringify(payload)})`.execute(tx)
    },
  }
}
