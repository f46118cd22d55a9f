import { insightRoutes } from '@atrium/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { mount } from '#platform/http'
import type { Insights, Kept } from './service.ts'

/** The addresses of metrics. They are not read from replicas, which may lag behind the notice that makes an answer old. */
export function api(app: FastifyInstance, insights: Insights): void {
  mount(app, insightRoutes.readHomeKpis, async ({ caller, query, reply }) =>
    told(reply, await insights.kpis(caller, query)),
  )
  mount(app, insightRoutes.readMetricUsage, async ({ caller, query, reply }) =>
    told(reply, await insights.usage(caller, query)),
  )
  mount(app, insightRoutes.readMetricCost, async ({ caller, query, reply }) =>
    told(reply, await insights.cost(caller, query)),
  )
  mount(app, insightRoutes.readMetricPerformance, async ({ caller, query, reply }) =>
    told(reply, await insights.performance(caller, query)),
  )
}

/** Says whether the answer was there already. */
function told<T>(reply: FastifyReply, { answer, isHit }: Kept<T>): T {
  reply.header('x-cache', isHit ? 'hit' : 'miss')
  return answer
}
