import { ledgerRoutes as routes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { mount, type Member } from '#platform/http'
import type { Origin } from './budgets.ts'
import type { LedgerService } from './service.ts'

/** Routes of budgets, credits and the book: contract → service. */
export function api(app: FastifyInstance, service: LedgerService): void {
  mountBudgets(app, service)
  mountBook(app, service)
}

const originOf = (member: Member, { ip }: { ip: string }): Origin => ({ member, address: ip })

function mountBudgets(app: FastifyInstance, { own: { budgets } }: LedgerService): void {
  mount(app, routes.listBudgets, ({ caller, query }) => budgets.list(caller, query))
  mount(app, routes.createBudget, ({ caller, request, body }) =>
    budgets.create(originOf(caller, request), body),
  )
  mount(app, routes.getBudget, ({ caller, params }) => budgets.get(caller, params.budgetId))
  mount(app, routes.updateBudget, ({ caller, request, params, body }) =>
    budgets.update(originOf(caller, request), params.budgetId, body),
  )
  mount(app, routes.deleteBudget, ({ caller, request, params }) =>
    budgets.remove(originOf(caller, request), params.budgetId),
  )
  mount(app, routes.listBudgetPeriods, ({ caller, params, query }) =>
    budgets.periods(caller, params.budgetId, query),
  )
  mount(app, routes.listHolds, ({ caller, query }) => budgets.holds(caller, query))
  mount(app, routes.releaseHold, ({ caller, request, params }) =>
    budgets.release(originOf(caller, request), params.callId, params.attempt),
  )
}

function mountBook(app: FastifyInstance, { own: { credits, verify } }: LedgerService): void {
  mount(app, routes.getCredits, ({ caller }) => credits.get(caller))
  mount(app, routes.updateCredits, ({ caller, request, body }) =>
    credits.update(originOf(caller, request), body.enabled),
  )
  mount(app, routes.grantCredits, ({ caller, request, body }) =>
    credits.grant(originOf(caller, request), body.amountNanoUsd, body.note),
  )
  mount(app, routes.listCreditGrants, ({ caller, query }) => credits.grants(caller, query))
  mount(app, routes.verifyBook, ({ caller }) => verify(caller.workspaceId))
}
