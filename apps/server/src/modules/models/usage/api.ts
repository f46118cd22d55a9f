import { usageRoutes as routes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { mount, sendDownload } from '#platform/http'
import type { UsageService } from './usage.ts'

export function mountUsage(app: FastifyInstance, usage: UsageService): void {
  mount(app, routes.readUsage, ({ caller, query }) => usage.totals(caller, query))
  mount(app, routes.listUsageGroups, ({ caller, query }) => usage.groups(caller, query))
  mount(app, routes.readUsageSeries, ({ caller, query }) => usage.series(caller, query))
  mount(app, routes.listCalls, ({ caller, query }) => usage.calls(caller, query))
  mount(app, routes.readCall, ({ caller, params }) => usage.call(caller, params.callId))
  mount(app, routes.exportCalls, async () => undefined, {
    respond: async (_result, call) => {
      sendDownload(app, call, {
        mediaType: 'text/csv; charset=utf-8',
        disposition: 'attachment; filename="usage.csv"',
        text: usage.export(call.caller, call.query),
      })
      return true
    },
  })
}
