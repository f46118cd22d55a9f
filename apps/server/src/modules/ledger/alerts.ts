import { systemActor, type Identity } from '#modules/identity'
import type { ServerConfig } from '#platform/config'
import type { Database, Tx } from '#platform/db'
import type { Events } from '#platform/events'
import type { Log } from '#platform/log'
import { type Alert, findUntold, takeUntold } from './alert-store.ts'

/** The fact that a budget has reached a share of its limit, in the outbox: once per share and period. */
const budgetAlerted = 'budget-alerted'

export interface AlertsParts {
  readonly db: Database
  readonly jobDb: Database
  readonly events: Events
  readonly log: Log
  readonly config: ServerConfig
  readonly identity: Pick<Identity, 'audit' | 'named' | 'tellOwners'>
}

const mostWorkspaces = 100

/** Tells of budgets that have reached a share of their limit. They block nothing: that is what the limit does. */
export class Alerts {
  readonly #parts: AlertsParts

  constructor(parts: AlertsParts) {
    this.#parts = parts
  }

  /** Tells what nobody was told yet: the audit log, the outbox, and the owners by mail, all in one transaction. */
  async tell(): Promise<void> {
    const { jobDb, db, log } = this.#parts
    for (const workspaceId of await jobDb.transaction((tx) => findUntold(tx, mostWorkspaces))) {
      await db
        .withWorkspace(workspaceId, (tx) => this.#tellOf(tx, workspaceId))
        .catch((error: unknown) => log.error({ err: error, workspaceId }, 'alerts of budgets were not told'))
    }
  }

  async #tellOf(tx: Tx, workspaceId: string): Promise<void> {
    const { identity, events } = this.#parts
    const alerts = await takeUntold(tx, workspaceId)
    for (const alert of alerts) {
      const { budgetId, percent, spentNanoUsd, limitNanoUsd } = alert
      const facts = { percent, spentNanoUsd, limitNanoUsd, startsAt: alert.startsAt.toISOString() }
      await identity.audit(tx, {
        workspaceId,
        actor: systemActor,
        action: 'budget.alerted',
        target: { kind: 'budget', id: budgetId },
        details: { name: alert.name, ...facts },
      })
      await events.publish(tx, { type: budgetAlerted, workspaceId, payload: { budgetId, ...facts } })
    }
    for (const alert of highest(alerts)) await this.#mail(tx, workspaceId, alert)
  }

  async #mail(tx: Tx, workspaceId: string, alert: Alert): Promise<void> {
    const { identity, config } = this.#parts
    const { name, scopeId, percent } = alert
    const named = scopeId === null ? undefined : await identity.named(tx, workspaceId, [scopeId])
    await identity.tellOwners(tx, workspaceId, {
      subject: `“${name}” has reached ${percent} % of its limit`,
      text: textOf(alert, named?.get(scopeId ?? '')?.name, `${config.http.publicUrl}/budgets`),
    })
  }
}

/** One mail says all: of several shares that were reached at once, the highest of each budget. */
function highest(alerts: readonly Alert[]): Alert[] {
  return alerts.filter(({ budgetId }, place) => alerts[place + 1]?.budgetId !== budgetId)
}

const periods = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' } as const

function textOf(alert: Alert, whose: string | undefined, address: string): string {
  const { name, scope, period, percent, spentNanoUsd, limitNanoUsd } = alert
  const of = scope === 'workspace' ? 'the whole workspace' : `the ${scope} ${whose ?? 'that is gone'}`
  const state =
    BigInt(spentNanoUsd) < BigInt(limitNanoUsd)
      ? 'Calls go on until the limit is reached.'
      : 'Calls are refused from now on.'
  return `The budget “${name}” for ${of} has reached ${percent} % of its limit: ${dollars(spentNanoUsd)} of ${dollars(limitNanoUsd)} ${periods[period]} are spent. ${state}${anew(alert)}\n\n${address}\n`
}

function anew({ period, endsAt, timeZone }: Alert): string {
  if (period === 'total') return ''
  const day = endsAt.toLocaleDateString('en-GB', { timeZone, day: 'numeric', month: 'long', year: 'numeric' })
  return ` It starts anew on ${day} (${timeZone}).`
}

/** Dollars and cents, rounded down: what is spent is never said to be more than it is. */
function dollars(nanoUsd: string): string {
  const cents = BigInt(nanoUsd) / 10_000_000n
  return `$${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`
}
