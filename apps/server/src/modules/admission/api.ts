import { admissionRoutes as routes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '#platform/http'
import type { AdmissionService } from './types.ts'

/** Routes of the module: contract → service. */
export function api(app: FastifyInstance, { settings }: AdmissionService): void {
  mount(app, routes.getRateLimits, ({ caller }) => settings.read(caller.workspaceId))
  mount(app, routes.updateRateLimits, ({ caller, body, request }) =>
    settings.update(caller, body, request.ip),
  )
}
