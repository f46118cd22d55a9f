import type { RouteInput, RouteOutput, UsageDimension, UsagePoint, usageRoutes } from '@atrium/contract'
import { z } from 'zod'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { forbidden, invalidInput } from '#platform/errors'
import { decodeCursor, encodeCursor, type Member } from '#platform/http'
import type { Conversion } from '../currencies/convert.ts'
import { timeZoneOf, type Currencies } from '../currencies/currencies.ts'
import { createCalls, type CallParts } from './calls.ts'
import type { CallsQuestion } from './call-views.ts'
import { exportCalls } from './export.ts'
import type { Names } from './names.ts'
import type { Range, UsageFilters } from './question.ts'
import { noFigures, totalsOf } from './shape.ts'
import {
  readGroups,
  readMembers,
  readPoints,
  readClosedUntil,
  readStarts,
  readTotals,
  type GroupFigures,
  type PointFigures,
  type Start,
  type SumsQuestion,
} from './sums.ts'

type Query<Name extends keyof typeof usageRoutes> = RouteInput<(typeof usageRoutes)[Name]>['query']
type Answer<Name extends keyof typeof usageRoutes> = RouteOutput<(typeof usageRoutes)[Name]>

/**
 * What was used and what it cost. Members see their own; who may read all sees everybody's.
 * Every method throws AppError 403 when somebody asks for another person's usage without that right, and 400 for a
 * range or time zone that makes no sense.
 */
export interface UsageService {
  totals(member: Member, query: Query<'readUsage'>): Promise<Answer<'readUsage'>>
  groups(member: Member, query: Query<'listUsageGroups'>): Promise<Answer<'listUsageGroups'>>
  series(member: Member, query: Query<'readUsageSeries'>): Promise<Answer<'readUsageSeries'>>
  calls(member: Member, query: Query<'listCalls'>): Promise<Answer<'listCalls'>>
  call(member: Member, id: string): Promise<Answer<'readCall'>>
  /** Checks the question at once; the rows come as they are taken. */
  export(member: Member, query: Query<'exportCalls'>): AsyncGenerator<string>
}

export interface UsageParts {
  readonly db: Database
  readonly clock: Clock
  readonly currencies: Currencies
  readonly names: Names
  readonly recorded: CallParts['recorded']
}

export function createUsageService(parts: UsageParts): UsageService {
  const { db, clock } = parts
  const ask = <T>(member: Member, query: Asked, answer: (asked: Question) => Promise<T>): Promise<T> => {
    const question = {
      workspaceId: member.workspaceId,
      filters: filtersOf(member, query),
      range: rangeOf(query, clock),
    }
    const wanted = timeZoneOf(query.timeZone)
    return db.readWorkspace(member.workspaceId, async (tx) => {
      const [view, closedUntil] = await Promise.all([
        parts.currencies.viewOf(tx, member.workspaceId),
        readClosedUntil(tx, member.workspaceId),
      ])
      const { conversion, timeZone } = view
      return answer({ ...question, tx, closedUntil, conversion, timeZone: wanted ?? timeZone })
    })
  }
  return {
    totals: (member, query) =>
      ask(member, query, async (asked) => {
        const { tx, conversion } = asked
        const [now, before] = await Promise.all([
          readTotals(tx, asked),
          query.compare === 'previous' ? readTotals(tx, previous(asked)) : null,
        ])
        return {
          ...headOf(asked),
          totals: totalsOf(now, conversion),
          previous: before && totalsOf(before, conversion),
        }
      }),
    groups: (member, query) => ask(member, query, (asked) => groups(parts, asked, query)),
    series: (member, query) => ask(member, query, (asked) => series(parts, asked, query)),
    ...callsOf(parts),
  }
}

function callsOf(parts: UsageParts): Pick<UsageService, 'calls' | 'call' | 'export'> {
  const calls = createCalls(parts)
  const questionOf = (member: Member, query: Asked & Pick<CallsQuestion, 'status'>): CallsQuestion => ({
    workspaceId: member.workspaceId,
    filters: filtersOf(member, query),
    range: rangeOf(query, parts.clock),
    status: query.status,
  })
  return {
    calls: (member, query) => calls.list(questionOf(member, query), query),
    call: (member, id) => calls.read(member.workspaceId, id, seesAll(member) ? null : member.personId),
    export: (member, query) => exportCalls(parts, questionOf(member, query)),
  }
}

type Asked = UsageFilters & { readonly from?: string | undefined; readonly to?: string | undefined } & {
  readonly timeZone?: string | undefined
}

interface Question extends SumsQuestion {
  readonly tx: Tx
  readonly conversion: Conversion
  readonly timeZone: string
}

const seesAll = (member: Member): boolean => member.permissions.has('usage:read-all')

function filtersOf(member: Member, query: Asked): UsageFilters {
  const { personId, teamId, keyId, model, alias, connectionId, purpose } = query
  const filters = { personId, teamId, keyId, model, alias, connectionId, purpose }
  if (seesAll(member)) return filters
  if (personId !== undefined && personId !== member.personId)
    throw forbidden('You may only see your own usage.')
  return { ...filters, personId: member.personId }
}

const dayMs = 86_400_000
const usualDays = 30
const mostDays = 400
const mostHourDays = 14

function rangeOf(query: Asked, clock: Clock): Range {
  const to = query.to === undefined ? clock.now() : new Date(query.to)
  const from = query.from === undefined ? new Date(to.getTime() - usualDays * dayMs) : new Date(query.from)
  if (from >= to) throw invalidInput('from: must be before to.')
  if (to.getTime() - from.getTime() > mostDays * dayMs)
    throw invalidInput(`from: at most ${mostDays} days before to.`)
  return { from, to }
}

function previous({ range, ...question }: SumsQuestion): SumsQuestion {
  const length = range.to.getTime() - range.from.getTime()
  return { ...question, range: { from: new Date(range.from.getTime() - length), to: range.from } }
}

const headOf = ({ range, timeZone, conversion }: Question) => ({
  period: { from: range.from.toISOString(), to: range.to.toISOString(), timeZone },
  display: conversion.display,
})

async function groups(
  { names }: UsageParts,
  asked: Question,
  query: Query<'listUsageGroups'>,
): Promise<Answer<'listUsageGroups'>> {
  const { tx, workspaceId, conversion } = asked
  const { by, limit } = query
  const place =
    query.cursor === undefined
      ? null
      : decodeCursor(query.cursor, z.string().regex(/^-?\d{1,30}$/), z.string())
  const after = place && { cost: place[0], member: place[1] }
  const found = await readGroups(tx, asked, by, { limit: limit + 1, after })
  const list = found.slice(0, limit)
  const members = list.map(({ member }) => member)
  const earlier =
    query.compare === 'previous' && list.length > 0
      ? await readMembers(tx, previous(asked), by, members)
      : null
  const nameOf = await names.ofMembers(tx, workspaceId, by, members)
  const last = list.at(-1)
  const hasMore = found.length > limit
  return {
    ...headOf(asked),
    data: list.map((group) => ({
      id: group.member,
      name: nameOf(group.member),
      totals: totalsOf(group, conversion),
      previous: earlier && totalsOf(memberOf(earlier, group.member), conversion),
    })),
    meta: {
      hasMore,
      nextCursor: hasMore && last ? encodeCursor([last.costNanoUsd, last.member ?? '']) : null,
    },
  }
}

const memberOf = (list: readonly GroupFigures[], member: string | null) =>
  list.find((one) => one.member === member) ?? noFigures

async function series(
  parts: UsageParts,
  asked: Question,
  query: Query<'readUsageSeries'>,
): Promise<Answer<'readUsageSeries'>> {
  const { tx, range, timeZone, conversion } = asked
  const { interval, by, top } = query
  if (interval === 'hour' && range.to.getTime() - range.from.getTime() > mostHourDays * dayMs)
    throw invalidInput(`interval: hours are for at most ${mostHourDays} days.`)
  const starts = await readStarts(tx, range, interval, timeZone)
  const moments = starts.map(({ start }) => start)
  const points = await readPoints(tx, asked, moments)
  return {
    ...headOf(asked),
    points: pointsOf(points, starts, conversion),
    groups: by === undefined ? [] : await topSeries(parts, asked, { by, top, starts }),
  }
}

async function topSeries(
  { names }: UsageParts,
  asked: Question,
  { by, top, starts }: { by: UsageDimension; top: number; starts: readonly Start[] },
): Promise<Answer<'readUsageSeries'>['groups']> {
  const { tx, workspaceId, conversion } = asked
  const best = await readGroups(tx, asked, by, { limit: top, after: null })
  const members = best.map(({ member }) => member)
  if (members.length === 0) return []
  const moments = starts.map(({ start }) => start)
  const figures = await readPoints(tx, asked, moments, { by, members })
  const nameOf = await names.ofMembers(tx, workspaceId, by, members)
  return members.map((member) => ({
    id: member,
    name: nameOf(member),
    points: pointsOf(
      figures.filter((one) => one.member === member),
      starts,
      conversion,
    ),
  }))
}

function pointsOf(
  figures: readonly PointFigures[],
  starts: readonly Start[],
  conversion: Conversion,
): UsagePoint[] {
  const byPoint = new Map(figures.map((one) => [one.point, one]))
  return starts.map(({ start, label }, index) => ({
    start: start.toISOString(),
    label,
    totals: totalsOf(byPoint.get(index + 1) ?? noFigures, conversion),
  }))
}
