import { modelRoutes as routes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { mount, type Member } from '#platform/http'
import { mountAliases } from './aliases/api.ts'
import { mountPrices } from './catalogue/price-api.ts'
import type { Origin } from './connections/connections.ts'
import { mountCurrencies } from './currencies/api.ts'
import type { ModelsService } from './service.ts'
import { mountUsage } from './usage/api.ts'

/** Routes of connections and of the catalogue: contract → service. */
export function api(app: FastifyInstance, service: ModelsService): void {
  mountConnections(app, service)
  mountCatalogue(app, service)
  mountPrices(app, service.own)
  mountCurrencies(app, service.own.currencies)
  mountUsage(app, service.own.usage)
  mountAliases(app, service)
}

/** What reaches a provider must not hold a transaction open meanwhile. */
const outside = { outside: true }

const originOf = (caller: Member, request: { ip: string }): Origin => ({
  member: caller,
  address: request.ip,
})

function mountConnections(app: FastifyInstance, { own: { connections, provisioner } }: ModelsService): void {
  mount(app, routes.listConnections, async ({ caller, query }) => {
    await provisioner.ready(caller.workspaceId)
    return connections.list(caller.workspaceId, query)
  })
  mount(
    app,
    routes.createConnection,
    ({ caller, request, body }) => connections.create(originOf(caller, request), body),
    outside,
  )
  mount(
    app,
    routes.updateConnection,
    ({ caller, request, params, body }) =>
      connections.update(originOf(caller, request), params.connectionId, body),
    outside,
  )
  mount(app, routes.deleteConnection, ({ caller, request, params }) =>
    connections.remove(originOf(caller, request), params.connectionId),
  )
  mount(
    app,
    routes.testConnection,
    ({ caller, params }) => connections.test(caller.workspaceId, params.connectionId),
    outside,
  )
  mount(app, routes.testNewConnection, ({ body }) => connections.testNew(body), outside)
  mount(
    app,
    routes.refreshModels,
    ({ caller, params }) => connections.refresh(caller.workspaceId, params.connectionId),
    outside,
  )
}

function mountCatalogue(app: FastifyInstance, { own: { catalogue, provisioner } }: ModelsService): void {
  mount(app, routes.listModels, async ({ caller, query }) => {
    await provisioner.ready(caller.workspaceId)
    return { data: await catalogue.list(caller.workspaceId, query.all ? 'all' : 'chat') }
  })
  mount(app, routes.updateModel, ({ caller, request, body }) =>
    catalogue.setEnabled(originOf(caller, request), body.id, body.enabled),
  )
  mount(app, routes.addModel, ({ caller, request, params, body }) =>
    catalogue.add(originOf(caller, request), params.connectionId, body),
  )
}
