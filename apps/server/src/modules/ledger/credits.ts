import type { CreditGrant, Credits } from '@atrium/contract'
import { z } from 'zod'
import { actorOf, type Identity } from '#modules/identity'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { conflict, forbidden } from '#platform/errors'
import { decodeCursor, type Member, paginate } from '#platform/http'
import { insertBudget, postGrant, raiseCredits, updateBudget } from './budget-store.ts'
import { readCredits, readGrants } from './budget-views.ts'
import type { Origin, Page } from './budgets.ts'
import { changedTopic } from './peers.ts'

export interface CreditParts {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly identity: Pick<Identity, 'audit'>
}

/** The prepaid balance of a workspace: a budget over all of time whose limit is what was granted. */
export class WorkspaceCredits {
  readonly #parts: CreditParts

  constructor(parts: CreditParts) {
    this.#parts = parts
  }

  get({ workspaceId }: Member): Promise<Credits> {
    return this.#parts.db.readWorkspace(workspaceId, (tx) => read(tx, workspaceId))
  }

  /** @throws AppError 403 unless the caller owns the workspace */
  update(origin: Origin, enabled: boolean): Promise<Credits> {
    const { workspaceId } = origin.member
    refuseOthers(origin.member)
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      const id = await this.#ensure(tx, workspaceId)
      await updateBudget(tx, workspaceId, id, { enabled })
      await this.#changed(tx, origin, id, 'credits.updated', { enabled })
      return read(tx, workspaceId)
    })
  }

  /** @throws AppError 403 unless the caller owns the workspace, 409 when less would be left than is spent */
  grant(origin: Origin, amountNanoUsd: string, note: string | undefined): Promise<Credits> {
    const { workspaceId } = origin.member
    refuseOthers(origin.member)
    return this.#parts.db.withWorkspace(workspaceId, async (tx) => {
      const id = await this.#ensure(tx, workspaceId)
      if (!(await raiseCredits(tx, workspaceId, id, amountNanoUsd)))
        throw conflict('That much is not left: some of it is spent or reserved.')
      await postGrant(tx, workspaceId, this.#parts.clock.uuid(), amountNanoUsd)
      await this.#changed(tx, origin, id, 'credits.granted', { amountNanoUsd, note: note ?? null })
      return read(tx, workspaceId)
    })
  }

  async grants(
    { workspaceId }: Member,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<CreditGrant>> {
    const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid())[0]
    const found = await this.#parts.db.readWorkspace(workspaceId, (tx) =>
      readGrants(tx, workspaceId, { limit: limit + 1, before }),
    )
    return paginate(found, limit, ({ id }) => [id])
  }

  /** Switched off until an owner says otherwise: a first grant must not stop anybody. */
  async #ensure(tx: Tx, workspaceId: string): Promise<string> {
    const known = await readCredits(tx, workspaceId)
    if (known) return known.id
    const id = this.#parts.clock.uuid()
    await insertBudget(tx, {
      workspaceId,
      id,
      kind: 'credits',
      name: 'Credits',
      scope: 'workspace',
      scopeId: null,
      period: 'total',
      timeZone: 'UTC',
      limitNanoUsd: '0',
      alertPercents: [],
      unknownPrice: { rule: 'block' },
      enabled: false,
    })
    return id
  }

  async #changed(
    tx: Tx,
    { member, address }: Origin,
    budgetId: string,
    action: string,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { bus, identity } = this.#parts
    const { workspaceId } = member
    const target = { kind: 'workspace', id: workspaceId }
    await identity.audit(tx, { workspaceId, actor: actorOf(member), action, target, details, address })
    await bus.publish(tx, changedTopic, { workspaceId, budgetId })
  }
}

async function read(tx: Tx, workspaceId: string): Promise<Credits> {
  const found = await readCredits(tx, workspaceId)
  const { enabled = false, granted = 0n, spent = 0n, held = 0n } = found ?? {}
  const left = granted - spent - held
  return {
    enabled,
    grantedNanoUsd: granted.toString(),
    spentNanoUsd: spent.toString(),
    heldNanoUsd: held.toString(),
    leftNanoUsd: (left > 0n ? left : 0n).toString(),
  }
}

function refuseOthers({ role }: Member): void {
  if (role !== 'owner') throw forbidden('Only owners of the workspace decide about its credits.')
}
