import { setTimeout as sleep } from 'node:timers/promises'
import { type Rerating, type RouteInput, type priceRoutes, timestamp } from '@atrium/contract'
import { usageOf, type JsonValue } from '@atrium/wire'
import { z } from 'zod'
import { actorOf, type Identity } from '#modules/identity'
import type { Ledger } from '#modules/ledger'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { conflict, notFound } from '#platform/errors'
import type { Events } from '#platform/events'
import { decodeCursor, paginate } from '#platform/http'
import { matchesPattern, readPriceBook, type PriceBook } from '../catalogue/price-book.ts'
import type { Origin } from '../connections/connections.ts'
import { costNanoUsd } from '../router/cost.ts'
import { readConnection } from '../views.ts'
import { modelErrors } from '../errors.ts'
import {
  failStaleReratings,
  insertRerating,
  lockRerating,
  readNextCalls,
  readRerating,
  readReratings,
  writeProgress,
  writeRatings,
  type RatedCall,
  type ReratingRow,
} from './rerating-store.ts'

/** Fact that a run waits; its payload names it. */
export const reratingRequested = 're-rating-requested'

/** Computes the costs of recorded calls again. */
export interface Reratings {
  /** @throws AppError 409 while another run of the workspace has not ended */
  request(origin: Origin, body: RouteInput<typeof priceRoutes.createRerating>['body']): Promise<Rerating>
  list(workspaceId: string, query: { limit: number; cursor?: string | undefined }): Promise<ReratingPage>
  read(workspaceId: string, id: string): Promise<Rerating>
  /** Does the work, batch by batch; goes on where a process before has stopped. */
  run(workspaceId: string, id: string): Promise<void>
  /** Marks runs that nobody goes on with. */
  tidy(): Promise<void>
}

type ReratingPage = ReturnType<typeof paginate<Rerating>>

export interface ReratingParts {
  readonly db: Database
  readonly jobDb: Database
  readonly clock: Clock
  readonly events: Events
  readonly identity: Identity
  /** Tells whoever keeps the book, in the transaction of the ratings. */
  readonly correct?: Ledger['correct'] | undefined
}

const batchCalls = 500
/** What calls that have just ended have cost is on its way to the book. */
const settlingMs = 1000

export function createReratings(parts: ReratingParts): Reratings {
  const { db, jobDb } = parts
  return {
    request: (origin, body) =>
      db.withWorkspace(origin.member.workspaceId, (tx) => request(parts, tx, origin, body)),
    list: (workspaceId, { limit, cursor }) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const place = cursor === undefined ? null : decodeCursor(cursor, timestamp, z.uuid())
        const before = place && { createdAt: place[0], id: place[1] }
        const list = await readReratings(tx, workspaceId, { limit: limit + 1, before })
        return paginate(await shown(parts, tx, list), limit, ({ createdAt, id }) => [createdAt, id])
      }),
    read: (workspaceId, id) =>
      db.readWorkspace(workspaceId, async (tx) => {
        const row = await readRerating(tx, workspaceId, id)
        const [one] = row ? await shown(parts, tx, [row]) : []
        if (!one) throw notFound('re-rating')
        return one
      }),
    run: async (workspaceId, id) => {
      await sleep(settlingMs)
      while (await jobDb.transaction((tx) => step(parts, tx, workspaceId, id)));
    },
    tidy: () => jobDb.transaction(failStaleReratings),
  }
}

async function request(
  { clock, identity, events, ...parts }: ReratingParts,
  tx: Tx,
  { member, address }: Origin,
  body: RouteInput<typeof priceRoutes.createRerating>['body'],
): Promise<Rerating> {
  const { workspaceId } = member
  const { connectionId, modelPattern } = body
  if (connectionId !== null && !(await readConnection(tx, workspaceId, connectionId)))
    throw modelErrors.connectionMissing()
  const row = await insertRerating(tx, workspaceId, {
    id: clock.uuid(),
    from: new Date(body.from),
    to: new Date(body.to),
    connectionId,
    modelPattern,
    requestedBy: member.personId,
  })
  if (!row) throw conflict('Another re-rating has not ended yet.')
  await identity.audit(tx, {
    workspaceId,
    actor: actorOf(member),
    action: 're-rating.requested',
    target: { kind: 're-rating', id: row.id },
    details: { from: body.from, to: body.to, connectionId, modelPattern },
    address,
  })
  await events.publish(tx, { type: reratingRequested, workspaceId, payload: { id: row.id } })
  const [one] = await shown({ ...parts, clock, identity, events }, tx, [row])
  if (!one) throw notFound('re-rating')
  return one
}

async function shown({ identity }: ReratingParts, tx: Tx, list: readonly ReratingRow[]): Promise<Rerating[]> {
  const names = await identity.people(tx, [...new Set(list.flatMap(({ requestedBy }) => requestedBy ?? []))])
  return list.map((row) => ({
    id: row.id,
    from: row.from.toISOString(),
    to: row.to.toISOString(),
    connectionId: row.connectionId,
    modelPattern: row.modelPattern,
    status: row.status,
    progress: { total: row.total, done: row.done, changed: row.changed, skipped: row.skipped },
    differenceNanoUsd: row.differenceNanoUsd,
    requestedBy: row.requestedBy === null ? null : (names.get(row.requestedBy) ?? null),
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  }))
}

/** One batch in one transaction; false when there is nothing left to do. */
async function step(parts: ReratingParts, tx: Tx, workspaceId: string, id: string): Promise<boolean> {
  const { clock, correct } = parts
  const run = await lockRerating(tx, workspaceId, id)
  if (!run || run.status === 'finished' || run.status === 'failed') return false
  const calls = await readNextCalls(tx, workspaceId, run, batchCalls)
  const book = await readPriceBook(tx, workspaceId)
  const verdicts = calls.map((call) => ({ call, verdict: judge(call, run, book) }))
  const changes = verdicts.flatMap(({ call, verdict }) =>
    verdict.kind === 'changed'
      ? [{ call, cost: verdict.cost, source: verdict.source, id: clock.uuid() }]
      : [],
  )
  if (changes.length > 0) {
    const ratings = changes.map(({ call, cost, source, id: ratingId }) => ({
      id: ratingId,
      callId: call.id,
      costNanoUsd: cost?.toString() ?? null,
      source,
    }))
    await writeRatings(tx, { workspaceId, reratingId: id, ratedAt: clock.now() }, ratings)
  }
  const corrections = changes.map(({ call, cost, id: correctionId }) => ({
    callId: call.id,
    correctionId,
    costNanoUsd: cost,
    estimated: call.estimated,
  }))
  await correct?.(tx, workspaceId, corrections)
  const finished = calls.length < batchCalls
  await writeProgress(tx, workspaceId, id, {
    done: calls.length,
    changed: changes.length,
    skipped: verdicts.filter(({ verdict }) => verdict.kind === 'skipped').length,
    // An unknown cost counts as nothing.
    differenceNanoUsd: changes.reduce(
      (sum, { call, cost }) => sum + (cost ?? 0n) - BigInt(call.costNanoUsd ?? 0),
      0n,
    ),
    place: calls.at(-1) ?? null,
    finished,
  })
  return !finished
}

type Verdict =
  | { readonly kind: 'same' }
  /** Its connection is gone, and with it the address that tells whose prices hold. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'changed'; readonly cost: bigint | null; readonly source: string | null }

/** The price is that of the moment of the call, as it is known today. A call that used nothing stays as it is. */
function judge(call: RatedCall, { modelPattern }: ReratingRow, book: PriceBook): Verdict {
  if (modelPattern !== null && !matchesPattern(modelPattern, call.upstreamId)) return { kind: 'same' }
  const { kind, baseUrl, upstreamId, connectionId, createdAt: at } = call
  if (kind === null || baseUrl === null) return { kind: 'skipped' }
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h, text, reasoning } = call
  const counts = { uncached, cacheRead, cacheWrite5m, cacheWrite1h, text, reasoning }
  if (Object.values(counts).every((count) => count === 0)) return { kind: 'same' }
  const { sheet } = book.priceOf({ kind, baseUrl, upstreamId, connectionId, at })
  // What came back from the database is JSON.
  const answered = costNanoUsd(usageOf(counts, call.usageRaw as JsonValue), sheet)
  const lost = call.lostNanoUsd === null ? null : BigInt(call.lostNanoUsd)
  const cost = answered === null || lost === null ? null : answered + lost
  const source = sheet?.source ?? null
  const same = (cost?.toString() ?? null) === call.costNanoUsd && source === call.source
  return same ? { kind: 'same' } : { kind: 'changed', cost, source }
}
