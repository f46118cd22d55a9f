import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import { closeUsage, readOpenWorkspaces, type OpenWorkspace } from './closing-store.ts'
import { floor, unitMs } from './question.ts'

/** Calls are stored when they end: by then most that began before are there. */
const patienceMs = 10 * 60_000
/** How much time is closed in one transaction, for which writers of calls wait. */
const stepMs = 2 * unitMs.day

/** Sums up, by one dimension each, what lies behind; goes on where it was before. */
export async function closePassedUsage({ jobDb, clock }: { jobDb: Database; clock: Clock }): Promise<void> {
  const target = floor('quarter', new Date(clock.now().getTime() - patienceMs))
  for (const workspace of await jobDb.readOnly(readOpenWorkspaces)) await closeUntil(jobDb, workspace, target)
}

async function closeUntil(
  jobDb: Database,
  { workspaceId, from }: OpenWorkspace,
  target: Date,
): Promise<void> {
  for (let at = floor('quarter', from); at < target;) {
    const next = new Date(Math.min(at.getTime() + stepMs, target.getTime()))
    await jobDb.transaction((tx) => closeUsage(tx, workspaceId, next))
    at = next
  }
}
