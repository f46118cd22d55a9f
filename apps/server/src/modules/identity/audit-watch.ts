import type { Bus } from '#platform/bus'
import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import type { Sealer } from './audit-chain.ts'
import type { AuditRecord } from './audit-record.ts'
import { auditExtended } from './notices.ts'
import { type ComparedEnd, readEnds, readWorkspaceIds } from './views/audit.ts'

export interface AuditWatchParts {
  readonly jobDb: Database
  readonly bus: Bus
  readonly log: Log
  readonly sealer: Sealer
  readonly record: AuditRecord
  /** Called once, in the process that found that the end of a log is not as it was sealed. */
  readonly onBreak: (workspaceId: string, brokenAt: number) => Promise<void>
}

const noId = '00000000-0000-0000-0000-000000000000'
const batch = 500

/**
 * Keeps the record outside the database up to date: with every new end, and with all of them at the start. An end that
 * does not follow from the recorded one is logged and never replaces it: the contradiction stays until an operator,
 * who has restored an older database on purpose, removes the record.
 */
export function watchAudit(parts: AuditWatchParts, scope: AsyncDisposableStack): void {
  const { bus, log, onBreak } = parts
  const waiting = new Set<string>()
  const told = new Set<string>()
  let isClosed = false
  let atWork: Promise<void> = Promise.resolve()

  const work = async (): Promise<void> => {
    const ids = [...waiting].slice(0, batch)
    for (const id of ids) waiting.delete(id)
    if (ids.length > 0 && !isClosed) await compare(parts, ids, told)
  }
  const enqueue = (action: () => Promise<void>): void => {
    const warn = (error: unknown): void =>
      log.warn({ err: error }, 'the ends of audit logs could not be recorded outside the database')
    atWork = atWork.then(action).catch(warn)
  }

  scope.defer(async () => {
    isClosed = true
    await atWork
  })
  scope.defer(
    bus.subscribe(auditExtended, ({ workspaceId, newlyBrokenAt, processId }) => {
      if (typeof workspaceId !== 'string') return
      waiting.add(workspaceId)
      enqueue(work)
      if (typeof newlyBrokenAt === 'number' && processId === bus.processId)
        enqueue(() => onBreak(workspaceId, newlyBrokenAt))
    }),
  )
  enqueue(() => compareAll(parts, told, () => isClosed))
}

async function compareAll(parts: AuditWatchParts, told: Set<string>, isClosed: () => boolean): Promise<void> {
  const { jobDb, record, log } = parts
  const gone = new Set(record.workspaceIds())
  let after: string | undefined = noId
  while (after !== undefined && !isClosed()) {
    const from: string = after
    const ids = await jobDb.transaction((tx) => readWorkspaceIds(tx, from, batch))
    await compare(parts, ids, told)
    for (const id of ids) gone.delete(id)
    after = ids.at(-1)
  }
  if (isClosed() || gone.size === 0) return
  const facts = { workspaces: gone.size, first: [...gone].slice(0, 10) }
  log.error(facts, 'the data directory has a record of audit logs of workspaces that are not in the database')
}

/** Compares the ends of some chains with the record, and moves the record on where they follow from it. */
async function compare(parts: AuditWatchParts, ids: readonly string[], told: Set<string>): Promise<void> {
  const { jobDb, record, sealer, log } = parts
  // Known before the chains are read: what has been recorded by then must be in them.
  const known = new Map(ids.map((id) => [id, record.of(id)]))
  const asked = ids.map((workspaceId) => ({ workspaceId, sequence: known.get(workspaceId)?.entries ?? 1 }))
  const ends = await jobDb.transaction((tx) => readEnds(tx, asked))
  for (const end of ends) {
    const { workspaceId, hashThere, ...head } = end
    const before = known.get(workspaceId)
    if (before && !hashThere?.equals(before.hash)) tell(log, told, end, before.entries)
    else if (sealer.isSealed(workspaceId, head) && head.entries > (before?.entries ?? 0))
      await record.add(workspaceId, head)
  }
}

function tell(log: Log, told: Set<string>, { workspaceId, entries }: ComparedEnd, recorded: number): void {
  if (told.has(workspaceId)) return
  told.add(workspaceId)
  const message =
    'an audit log is not the one that was recorded in the data directory: it was changed, or an older database was restored'
  log.error({ workspaceId, entries, recorded }, message)
}
