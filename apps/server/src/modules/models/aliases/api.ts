import { aliasRoutes as routes } from '@atrium/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidInput } from '#platform/errors'
import { mount, type Member } from '#platform/http'
import type { Origin } from '../connections/connections.ts'
import type { ModelsService } from '../service.ts'

const originOf = (caller: Member, request: { ip: string }): Origin => ({
  member: caller,
  address: request.ip,
})

/** Routes of aliases, their versions, previews and live health: contract → service. */
export function mountAliases(app: FastifyInstance, { own: { aliases } }: ModelsService): void {
  mount(app, routes.listAliases, ({ caller, query }) => aliases.list(caller.workspaceId, query))
  mount(app, routes.createAlias, ({ caller, request, body }) =>
    aliases.create(originOf(caller, request), body),
  )
  mount(app, routes.updateAlias, ({ caller, request, params, body }) =>
    aliases.update(originOf(caller, request), params.aliasId, body, versionSeen(request)),
  )
  mount(app, routes.deleteAlias, ({ caller, request, params }) =>
    aliases.remove(originOf(caller, request), params.aliasId),
  )
  mount(app, routes.listAliasVersions, ({ caller, params, query }) =>
    aliases.versions(caller.workspaceId, params.aliasId, query),
  )
  mount(app, routes.rollBackAlias, ({ caller, request, params, body }) =>
    aliases.rollBack(originOf(caller, request), params.aliasId, body),
  )
  mount(app, routes.previewRouting, ({ caller, body }) =>
    aliases.preview(caller.workspaceId, caller.personId, body),
  )
  mount(app, routes.listModelHealth, async ({ caller }) => ({ data: aliases.health(caller.workspaceId) }))
}

/** The version in `If-Match`, with or without quotes. */
function versionSeen({ headers }: FastifyRequest): number | undefined {
  const given = headers['if-match']
  if (given === undefined || given === '*') return undefined
  const [, version] = /^(?:W\/)?"?(\d{1,9})"?$/.exec(given) ?? []
  if (version === undefined) throw invalidInput('If-Match: must be the version of the alias.')
  return Number(version)
}
