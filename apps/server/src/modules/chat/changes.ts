import type { Bus } from '#platform/bus'
import type { Database, Tx } from '#platform/db'

/** What changed for a person; carries ids only, readers fetch what they may see. */
export interface Change {
  readonly kind: 'conversation' | 'deleted' | 'messages' | 'run'
  readonly workspaceId: string
  readonly personId: string
  readonly conversationId: string
  readonly messageId?: string | null
  readonly runId?: string | null
  readonly status?: string | null
}

export const changesTopic = 'chat.changed'

/** Tells the tabs and devices of a person, in every process, once the transaction commits. */
export async function changedNotice(bus: Bus, tx: Tx, change: Change): Promise<void> {
  await bus.publish(tx, changesTopic, { ...change })
}

/** The same for a turn that begins or ends: sent after the commit, so that turns do not wait for one another. */
export function announceChange({ db, bus }: { db: Database; bus: Bus }, tx: Tx, change: Change): void {
  db.afterCommit(tx, () => bus.announce(changesTopic, { ...change }))
}
