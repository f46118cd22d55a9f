import { realtimeRoutes, type SyncMessage } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '#platform/http'
import type { Realtime } from './index.ts'

/** The event stream of a tab. */
export function api(app: FastifyInstance, realtime: Realtime): void {
  mount(app, realtimeRoutes.sync, async ({ caller, request, reply }) => {
    const leaveSeat = realtime.takeSeat(caller)
    const watch = app.services.gatekeeper.watch(caller, caller.workspaceId)
    const stream = app.eventStreams.open(request, reply, {
      farewell: { event: 'resync', data: '{"type":"resync"}' },
    })
    const send = (message: SyncMessage): void =>
      stream.send({ event: message.type, data: JSON.stringify(message) })
    const leave = realtime.join(caller, send)
    watch.signal.addEventListener('abort', () => {
      send({ type: 'revoked' })
      stream.close()
    })
    stream.ended.addEventListener('abort', () => {
      leave()
      leaveSeat()
      watch.release()
    })
    send(await realtime.ready())
    // The reply was taken over; nothing is serialised.
    return undefined as never
  })
}
