import { deviceRoutes as routes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '#platform/http'
import { refuseKeys } from './actors.ts'
import { clientOf } from './client.ts'
import type { Services } from './service.ts'

/** Signing devices in: contract → service. Each works in transactions of its own. */
export function mountDevices(app: FastifyInstance, { deviceSignIn }: Services): void {
  const options = { outside: true }
  mount(
    app,
    routes.createDeviceCode,
    ({ body, request }) => deviceSignIn.begin(body.device, clientOf(request)),
    options,
  )
  mount(
    app,
    routes.claimDeviceToken,
    ({ body, request }) => deviceSignIn.claim(body.deviceCode, clientOf(request)),
    options,
  )
  mount(app, routes.getDeviceRequest, async ({ caller, params, request }) => {
    refuseKeys(caller)
    return deviceSignIn.find(caller, params.userCode, clientOf(request))
  })
  mount(
    app,
    routes.decideDeviceRequest,
    async ({ caller, params, body, request }) => {
      refuseKeys(caller)
      await deviceSignIn.decide(caller, params.userCode, body.approve, clientOf(request))
    },
    options,
  )
}
