import type { Identity } from '#modules/identity'
import { accessRevoked } from '#modules/identity'
import type { Bus, Notice } from '#platform/bus'
import { type Database, rows, sql, type Tx } from '#platform/db'
import type { Log } from '#platform/log'
import { changesTopic } from './changes.ts'
import type { Engine } from './engine.ts'
import type { Finisher } from './finish.ts'
import type { RunRow } from './rows.ts'
import { runColumns } from './views.ts'

export interface UncalledForOptions {
  readonly db: Database
  /** With the rights of background work: it looks at all workspaces. */
  readonly jobDb: Database
  readonly bus: Bus
  readonly log: Log
  readonly identity: Pick<Identity, 'can'>
  readonly engine: Engine
  readonly finisher: Finisher
}

/** Looked at again after this, for turns that were on their way when the notice came. */
const againMs = 2000
/** How often everything is looked at, should a notice have been missed or a look have failed. */
const patrolMs = 4000
const most = 5000

/**
 * Stops, as a person's Stop does, the runs that nobody may read any more: those in a deleted conversation, and those of
 * a person who may not write in the workspace any more. Each process stops those that it writes.
 */
export function stopUncalledFor(options: UncalledForOptions, scope: AsyncDisposableStack): void {
  const { bus, log } = options
  const timers = new Set<NodeJS.Timeout>()
  const attempt = (work: () => Promise<void>): void => {
    work().catch((error: unknown) => log.warn({ err: error }, 'runs that lost their reason go on for now'))
  }
  const nowAndAgain = (work: () => Promise<void>): void => {
    attempt(work)
    const timer = setTimeout(() => {
      timers.delete(timer)
      attempt(work)
    }, againMs)
    timers.add(timer)
  }
  let isOnPatrol = false
  const patrol = (): void => {
    if (isOnPatrol) return
    isOnPatrol = true
    attempt(() => stopEverywhere(options).finally(() => (isOnPatrol = false)))
  }
  const patrols = setInterval(patrol, patrolMs)
  scope.defer(() => {
    clearInterval(patrols)
    for (const timer of timers) clearTimeout(timer)
  })
  scope.defer(bus.onGap(patrol))
  scope.defer(
    bus.subscribe(accessRevoked, (notice) => {
      const { workspaceId, personId } = idsOf(notice)
      if (workspaceId && personId) nowAndAgain(() => stopOfPerson(options, workspaceId, personId))
    }),
  )
  scope.defer(
    bus.subscribe(changesTopic, (notice) => {
      const { workspaceId, conversationId } = idsOf(notice)
      if (notice['kind'] === 'deleted' && workspaceId && conversationId)
        nowAndAgain(() => stopDeleted(options, workspaceId, conversationId))
    }),
  )
}

function idsOf(notice: Notice) {
  const textOf = (name: string): string | null => {
    const value = notice[name]
    return typeof value === 'string' ? value : null
  }
  return {
    workspaceId: textOf('workspaceId'),
    personId: textOf('personId'),
    conversationId: textOf('conversationId'),
  }
}

async function stopOfPerson(
  options: UncalledForOptions,
  workspaceId: string,
  personId: string,
): Promise<void> {
  const { db, identity } = options
  if (await identity.can(workspaceId, personId, 'conversation:write')) return
  await stopAll(options, await db.withWorkspace(workspaceId, (tx) => liveOfPerson(tx, workspaceId, personId)))
}

/** The same for all that is under way, whatever was heard of it. */
async function stopEverywhere(options: UncalledForOptions): Promise<void> {
  const { deleted, writers } = await options.jobDb.transaction(async (tx) => ({
    deleted: await liveDeletedAnywhere(tx),
    writers: await liveWriters(tx),
  }))
  await stopAll(options, deleted)
  for (const { workspaceId, personId } of writers) await stopOfPerson(options, workspaceId, personId)
}

async function stopDeleted(options: UncalledForOptions, workspaceId: string, id: string): Promise<void> {
  await stopAll(
    options,
    await options.db.withWorkspace(workspaceId, (tx) => liveDeleted(tx, workspaceId, id)),
  )
}

/** Queued ones first: the end of a run makes the next one begin. */
async function stopAll({ engine, finisher }: UncalledForOptions, runs: readonly RunRow[]): Promise<void> {
  for (const run of runs) if (run.status === 'queued') await finisher.stopQueued(run)
  for (const run of runs) engine.stop(run.id)
}

const isLive = sql`r.status IN ('queued', 'running')`

function liveOfPerson(tx: Tx, workspaceId: string, personId: string): Promise<RunRow[]> {
  return rows(
    tx,
    sql<RunRow>`
      SELECT ${runColumns} FROM chat.runs r
      WHERE r.workspace_id = ${workspaceId} AND r.person_id = ${personId} AND ${isLive} LIMIT ${most}`,
  )
}

/** Nothing once the conversation was restored. */
function liveDeleted(tx: Tx, workspaceId: string, conversationId: string): Promise<RunRow[]> {
  return rows(
    tx,
    sql<RunRow>`
      SELECT ${runColumns} FROM chat.runs r
      JOIN chat.conversations c ON c.workspace_id = r.workspace_id AND c.id = r.conversation_id
      WHERE r.workspace_id = ${workspaceId} AND r.conversation_id = ${conversationId} AND ${isLive}
        AND c.deleted_at IS NOT NULL LIMIT ${most}`,
  )
}

function liveDeletedAnywhere(tx: Tx): Promise<RunRow[]> {
  return rows(
    tx,
    sql<RunRow>`
      SELECT ${runColumns} FROM chat.runs r
      JOIN chat.conversations c ON c.workspace_id = r.workspace_id AND c.id = r.conversation_id
      WHERE ${isLive} AND c.deleted_at IS NOT NULL LIMIT ${most}`,
  )
}

/** Everybody who waits for an answer. */
function liveWriters(tx: Tx): Promise<{ workspaceId: string; personId: string }[]> {
  return rows(
    tx,
    sql<{ workspaceId: string; personId: string }>`
      SELECT DISTINCT r.workspace_id AS "workspaceId", r.person_id AS "personId" FROM chat.runs r
      WHERE ${isLive} LIMIT ${most}`,
  )
}
