import { priceRoutes as routes } from '@atrium/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidInput } from '#platform/errors'
import { mount, type Member } from '#platform/http'
import type { Origin } from '../connections/connections.ts'
import type { Reratings } from '../usage/rerating.ts'
import type { Catalogue } from './catalogue.ts'
import type { Overrides } from './overrides.ts'

export interface PriceServices {
  readonly catalogue: Catalogue
  readonly overrides: Overrides
  readonly reratings: Reratings
}

export function mountPrices(app: FastifyInstance, { catalogue, overrides, reratings }: PriceServices): void {
  mount(app, routes.listPrices, ({ caller, query }) => catalogue.prices(caller.workspaceId, query))
  mount(app, routes.listPriceOverrides, ({ caller, query }) => overrides.list(caller.workspaceId, query))
  mount(app, routes.createPriceOverride, ({ caller, request, body }) =>
    overrides.create(originOf(caller, request), body),
  )
  mount(app, routes.updatePriceOverride, ({ caller, request, params, body }) =>
    overrides.update(originOf(caller, request), params.overrideId, body, expectedVersion(request)),
  )
  mount(app, routes.deletePriceOverride, ({ caller, request, params }) =>
    overrides.remove(originOf(caller, request), params.overrideId),
  )
  mount(app, routes.createRerating, ({ caller, request, body }) =>
    reratings.request(originOf(caller, request), body),
  )
  mount(app, routes.listReratings, ({ caller, query }) => reratings.list(caller.workspaceId, query))
  mount(app, routes.readRerating, ({ caller, params }) =>
    reratings.read(caller.workspaceId, params.reratingId),
  )
}

const originOf = (caller: Member, request: FastifyRequest): Origin => ({
  member: caller,
  address: request.ip,
})

/** `If-Match: "3"` or `3`. */
function expectedVersion(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']
  if (header === undefined || header === '*') return undefined
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header)?.[1]
  if (version === undefined) throw invalidInput('If-Match: must be a version, such as "3".')
  return Number(version)
}
