import { currencyRoutes as routes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '#platform/http'
import type { Currencies } from './currencies.ts'

export function mountCurrencies(app: FastifyInstance, currencies: Currencies): void {
  mount(app, routes.readMoneySettings, ({ caller }) => currencies.read(caller.workspaceId))
  mount(app, routes.updateMoneySettings, ({ caller, request, body }) =>
    currencies.update({ member: caller, address: request.ip }, body),
  )
  mount(app, routes.listCurrencyRates, () => currencies.listRates())
  mount(app, routes.putCurrencyRates, ({ body }) => currencies.putRates(body))
}
