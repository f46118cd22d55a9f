import type { BookVerification } from '@atrium/contract'
import type { Database } from '#platform/db'
import { recount } from './verify-views.ts'

/** Recounts the book of a workspace at one moment, while it is being written. */
export async function verifyBook(db: Database, workspaceId: string): Promise<BookVerification> {
  const { accounts, ...found } = await db.readWorkspace(workspaceId, (tx) => recount(tx, workspaceId))
  const { unbalancedEntries, wrongAccounts, wrongPeriods, wrongLeases, wrongCalls } = found
  const balanced = unbalancedEntries + wrongAccounts + wrongPeriods + wrongLeases + wrongCalls === 0
  return { balanced, ...found, accounts }
}
