import {
  type Budget,
  type BudgetPeriodEntry,
  type BudgetScope,
  type OpenHold,
  type ledgerRoutes,
  type RouteInput,
  timestamp,
} from '@atrium/contract'
import { z } from 'zod'
import { actorOf, type Identity } from '#modules/identity'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { conflict, invalidInput, notFound } from '#platform/errors'
import type { Events } from '#platform/events'
import { decodeCursor, type Member, paginate } from '#platform/http'
import { deleteBudget, insertBudget, releaseHold, updateBudget } from './budget-store.ts'
import {
  type BudgetView,
  countBudgets,
  readBudget,
  readBudgets,
  readHolds,
  readPeriods,
  type Sight,
} from './budget-views.ts'
import { changedTopic } from './peers.ts'
import { readCosts } from './store.ts'
import { mostBudgets } from './views.ts'

type Body<Name extends 'createBudget' | 'updateBudget'> = RouteInput<(typeof ledgerRoutes)[Name]>['body']
type Query<Name extends 'listBudgets' | 'listBudgetPeriods' | 'listHolds'> = RouteInput<
  (typeof ledgerRoutes)[Name]
>['query']

export interface Page<T> {
  readonly data: T[]
  readonly meta: { nextCursor: string | null; hasMore: boolean }
}

/** Who asks, from where. */
export interface Origin {
  readonly member: Member
  readonly address: string
}

export interface BudgetParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly events: Events
  readonly identity: Pick<Identity, 'audit' | 'named'>
}

/** The fact that a call whose outcome was unknown has cost less: its payload is a `HoldReleased`. */
export const holdReleased = 'hold-released'
export interface HoldReleased {
  readonly callId: string
  /** Of all its attempts, as they are booked now. */
  readonly costNanoUsd: string
}

/** Budgets as people see and change them. */
export class Budgets {
  readonly #parts: BudgetParts

  constructor(parts: BudgetParts) {
    this.#parts = parts
  }

  list(member: Member, { limit, cursor, scope, scopeId }: Query<'listBudgets'>): Promise<Page<Budget>> {
    const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid())[0]
    const { workspaceId } = member
    return this.#parts.db.readWorkspace(workspaceId, async (tx) => {
      const filter = { scope, scopeId, limit: limit + 1, before }
      const found = await readBudgets(tx, workspaceId, sightOf(member), filter)
      const named = await this.#named(tx, workspaceId, found)
      return paginate(named, limit, ({ id }) => [id])
    })
  }

  get(member: Member, budgetId: string): Promise<Budget> {
    return this.#parts.db.readWorkspace(member.workspaceId, (tx) => this.#read(tx, member, budgetId))
  }

  /** @throws AppError 404 when what it is for does not exist, 400 for what makes no sense, 409 for too many */
  create({ member, address }: Origin, body: Body<'createBudget'>): Promise<Budget> {
    const { db, clock } = this.#parts
    const { workspaceId } = member
    const { name, scope, period, limitNanoUsd, timeZone = 'UTC' } = body
    refuseUnknownZone(timeZone)
    return db.withWorkspace(workspaceId, async (tx) => {
      const scopeId = await this.#scopeId(tx, workspaceId, scope, body.scopeId)
      if ((await countBudgets(tx, workspaceId)) >= mostBudgets)
        throw conflict(`A workspace has at most ${mostBudgets} budgets.`)
      const id = clock.uuid()
      const { unknownPrice = { rule: 'block' }, enabled = true } = body
      const alertPercents = ascending(body.alertPercents ?? [])
      const shown = {
        name,
        scope,
        scopeId,
        period,
        timeZone,
        limitNanoUsd,
        alertPercents,
        unknownPrice,
        enabled,
      }
      await insertBudget(tx, { ...shown, workspaceId, id, kind: 'budget' })
      await this.#changed(tx, { member, address }, 'budget.created', id, shown)
      return this.#read(tx, member, id)
    })
  }

  /** All processes hold by the new settings within two seconds. @throws AppError 404 */
  update(origin: Origin, budgetId: string, body: Body<'updateBudget'>): Promise<Budget> {
    const { member } = origin
    return this.#parts.db.withWorkspace(member.workspaceId, async (tx) => {
      const before = await this.#read(tx, member, budgetId)
      const { alertPercents: percents, ...others } = body
      const change = percents ? { ...others, alertPercents: ascending(percents) } : others
      await updateBudget(tx, member.workspaceId, budgetId, change)
      const changes = Object.entries(change).map(([field, after]) => [
        field,
        { before: before[field as keyof typeof body], after },
      ])
      await this.#changed(tx, origin, 'budget.updated', budgetId, Object.fromEntries(changes))
      return this.#read(tx, member, budgetId)
    })
  }

  /** @throws AppError 404 */
  remove(origin: Origin, budgetId: string): Promise<void> {
    const { workspaceId } = origin.member
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      const { name } = await this.#read(tx, origin.member, budgetId)
      await deleteBudget(tx, workspaceId, budgetId)
      await this.#changed(tx, origin, 'budget.deleted', budgetId, { name })
    })
  }

  /** @throws AppError 404 */
  periods(
    member: Member,
    budgetId: string,
    { limit, cursor }: Query<'listBudgetPeriods'>,
  ): Promise<Page<BudgetPeriodEntry>> {
    const before = cursor === undefined ? null : decodeCursor(cursor, timestamp)[0]
    return this.#parts.db.readWorkspace(member.workspaceId, async (tx) => {
      await this.#read(tx, member, budgetId)
      const found = await readPeriods(tx, member.workspaceId, budgetId, { limit: limit + 1, before })
      return paginate(found, limit, ({ startsAt }) => [startsAt])
    })
  }

  async holds(
    { workspaceId }: Member,
    { limit, cursor, state }: Query<'listHolds'>,
  ): Promise<Page<OpenHold>> {
    const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid(), z.int())
    const found = await this.#parts.db.readWorkspace(workspaceId, (tx) =>
      readHolds(tx, workspaceId, { state, limit: limit + 1, before }),
    )
    return paginate(found, limit, ({ callId, attempt }) => [callId, attempt])
  }

  /** @throws AppError 404 without such an expired hold */
  release({ member, address }: Origin, callId: string, attempt: number): Promise<void> {
    const { db, events, identity } = this.#parts
    const { workspaceId } = member
    return db.withWorkspace(workspaceId, async (tx) => {
      if (!(await releaseHold(tx, workspaceId, callId, attempt))) throw notFound('hold')
      await identity.audit(tx, {
        workspaceId,
        actor: actorOf(member),
        action: 'hold.released',
        target: { kind: 'call', id: callId },
        details: { attempt },
        address,
      })
      const costs = await readCosts(tx, [{ w: workspaceId, c: callId }])
      const released: HoldReleased = { callId, costNanoUsd: costs.get(callId) ?? '0' }
      await events.publish(tx, { type: holdReleased, workspaceId, payload: { ...released } })
    })
  }

  async #read(tx: Tx, member: Member, budgetId: string): Promise<Budget> {
    const found = await readBudget(tx, member.workspaceId, budgetId, sightOf(member))
    if (!found) throw notFound('budget')
    const [named] = await this.#named(tx, member.workspaceId, [found])
    // One in, one out.
    return named as Budget
  }

  async #named(tx: Tx, workspaceId: string, found: readonly BudgetView[]): Promise<Budget[]> {
    const ids = found.flatMap(({ scopeId }) => (scopeId === null ? [] : [scopeId]))
    const names = ids.length === 0 ? undefined : await this.#parts.identity.named(tx, workspaceId, ids)
    return found.map((one) => ({ ...one, scopeName: names?.get(one.scopeId ?? '')?.name ?? null }))
  }

  async #scopeId(
    tx: Tx,
    workspaceId: string,
    scope: BudgetScope,
    scopeId: string | undefined,
  ): Promise<string | null> {
    if (scope === 'workspace') {
      if (scopeId !== undefined) throw invalidInput('scopeId: a budget of the workspace has none')
      return null
    }
    if (scopeId === undefined) throw invalidInput(`scopeId: say which ${scope} the budget is for`)
    const found = (await this.#parts.identity.named(tx, workspaceId, [scopeId])).get(scopeId)
    if (found?.kind !== scope) throw notFound(scope)
    return scopeId
  }

  async #changed(
    tx: Tx,
    { member, address }: Origin,
    action: string,
    id: string,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { bus, identity } = this.#parts
    const { workspaceId } = member
    const target = { kind: 'budget', id }
    await identity.audit(tx, { workspaceId, actor: actorOf(member), action, target, details, address })
    await bus.publish(tx, changedTopic, { workspaceId, budgetId: id })
  }
}

/** Whoever may not manage budgets sees the workspace's and those that pay for the own calls. */
function sightOf({ permissions, personId, teamIds, key }: Member): Sight {
  if (permissions.has('budget:manage')) return { scopeIds: null }
  return { scopeIds: [personId, ...teamIds, ...(key ? [key.id] : [])] }
}

/** Each share once. */
const ascending = (percents: readonly number[]): number[] => [...new Set(percents)].toSorted((a, b) => a - b)

function refuseUnknownZone(timeZone: string): void {
  try {
    // Offsets such as +02:00 mean the opposite in PostgreSQL.
    if (/^[+-]|^\d/.test(timeZone)) throw new RangeError('an offset')
    new Intl.DateTimeFormat('en', { timeZone }).format()
  } catch {
    throw invalidInput('timeZone: must be an IANA name such as Europe/Berlin')
  }
}
