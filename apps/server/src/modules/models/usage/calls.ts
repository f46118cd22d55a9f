import {
  type CallDetail,
  type CallSummary,
  type RouteOutput,
  type usageRoutes,
  timestamp,
} from '@atrium/contract'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { notFound } from '#platform/errors'
import { decodeCursor, paginate } from '#platform/http'
import type { Conversion } from '../currencies/convert.ts'
import type { Currencies } from '../currencies/currencies.ts'
import {
  readCall,
  readCalls,
  readConnectionNames,
  readRatings,
  type CallsQuestion,
  type ListedCall,
} from './call-views.ts'
import type { Names } from './names.ts'
import { shownCost } from './shape.ts'

/** Single calls. */
export interface Calls {
  /** The newest first. */
  list(question: CallsQuestion, page: { limit: number; cursor?: string | undefined }): Promise<CallPage>
  /**
   * @param personId whose it must be; null for anybody's
   * @throws AppError 404 CALL_NOT_FOUND
   */
  read(workspaceId: string, id: string, personId: string | null): Promise<CallDetail>
}

type CallPage = RouteOutput<typeof usageRoutes.listCalls>

export interface CallParts {
  readonly db: Database
  readonly currencies: Currencies
  readonly names: Names
  readonly clock: Clock
  /** Resolves when the calls that this process has made are stored. */
  readonly recorded: () => Promise<void>
}

/** Calls are stored within 100 ms of their end, maybe by another process. */
const lookAgainMs = [50, 100, 150]
/** A call lasts no longer. */
const longestCallMs = 45 * 60_000

export function createCalls(parts: CallParts): Calls {
  const { db, currencies } = parts
  return {
    list: (question, { limit, cursor }) =>
      db.readWorkspace(question.workspaceId, async (tx) => {
        const place = cursor === undefined ? null : decodeCursor(cursor, timestamp, z.uuid())
        const beyond = place && { createdAt: place[0], id: place[1] }
        const { conversion } = await currencies.viewOf(tx, question.workspaceId)
        const list = await readCalls(tx, question, { limit: limit + 1, beyond, order: 'newest' })
        const summaries = await summariesOf(parts, tx, question.workspaceId, list, conversion)
        return {
          ...paginate(summaries, limit, ({ createdAt, id }) => [createdAt, id]),
          display: conversion.display,
        }
      }),
    read: async (workspaceId, id, personId) => {
      const look = () => db.readWorkspace(workspaceId, (tx) => read(parts, tx, workspaceId, { id, personId }))
      const found = (await look()) ?? (await lookAgain(parts, id, look))
      if (!found) throw notFound('call')
      return found
    },
  }
}

/** Whoever has just been answered may ask for the call before it is stored. */
async function lookAgain<T>(
  { clock, recorded }: CallParts,
  id: string,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  if (clock.now().getTime() - begunAt(id) > longestCallMs) return undefined
  await recorded()
  let found = await look()
  for (const ms of lookAgainMs) {
    if (found) break
    await sleep(ms)
    found = await look()
  }
  return found
}

/** When a call began, which its id tells (RFC 9562, UUID version 7); long ago for any other id. */
const begunAt = (id: string): number =>
  id[14] === '7' ? Number.parseInt(id.replace('-', '').slice(0, 12), 16) : 0

async function read(
  parts: CallParts,
  tx: Tx,
  workspaceId: string,
  { id, personId }: { id: string; personId: string | null },
): Promise<CallDetail | undefined> {
  const call = await readCall(tx, workspaceId, id, personId)
  if (!call) return undefined
  const { conversion } = await parts.currencies.viewOf(tx, workspaceId)
  const [summary] = await summariesOf(parts, tx, workspaceId, [call], conversion)
  if (!summary) return undefined
  const { finishReason, finishReasonRaw, usageRaw, why, traceId, firstCost, firstVersion } = call
  const cost = (nanoUsd: string | null) => (nanoUsd === null ? null : shownCost(nanoUsd, conversion))
  const first = {
    ratedAt: summary.createdAt,
    reratingId: null,
    priceVersion: firstVersion,
    cost: cost(firstCost),
  }
  const later = (await readRatings(tx, workspaceId, id)).map(({ costNanoUsd, ...rating }) => ({
    ...rating,
    ratedAt: rating.ratedAt.toISOString(),
    cost: cost(costNanoUsd),
  }))
  return {
    ...summary,
    finishReason,
    finishReasonRaw,
    usageRaw,
    why,
    traceId,
    ratings: [first, ...later],
    display: conversion.display,
  }
}

/** Calls as people read them, with the names of what they name. */
export async function summariesOf(
  { names }: CallParts,
  tx: Tx,
  workspaceId: string,
  list: readonly ListedCall[],
  conversion: Conversion,
): Promise<CallSummary[]> {
  const ids = list.flatMap(({ personId, keyId, teamId }) => [personId, keyId, teamId])
  const [known, connections] = await Promise.all([
    names.of(tx, workspaceId, ids),
    readConnectionNames(tx, workspaceId),
  ])
  const all = new Map([...known, ...connections])
  return list.map((call) => summaryOf(call, all, conversion))
}

function summaryOf(
  call: ListedCall,
  names: ReadonlyMap<string, string>,
  conversion: Conversion,
): CallSummary {
  const refer = (id: string | null) => (id === null ? null : { id, name: names.get(id) ?? null })
  const { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputText, outputReasoning } = call
  return {
    id: call.id,
    createdAt: call.createdAt.toISOString(),
    person: { id: call.personId, name: names.get(call.personId) ?? null },
    key: refer(call.keyId),
    team: refer(call.teamId),
    model: call.model,
    alias: call.alias,
    connection: refer(call.connectionId),
    upstreamModel: call.upstreamModel,
    purpose: call.purpose,
    dialect: call.dialect,
    status: call.status,
    errorCode: call.errorCode,
    tokens: { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputText, outputReasoning },
    estimated: call.estimated,
    cost: call.costNanoUsd === null ? null : shownCost(call.costNanoUsd, conversion),
    firstTokenMs: call.firstTokenMs,
    totalMs: call.totalMs,
  }
}
