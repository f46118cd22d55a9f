import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metrics } from '../metrics.ts'

/** Counts and times requests by route: rate, errors and durations. */
export interface RequestMeter {
  /** Follows a request to its end. */
  begin(request: IncomingMessage, response: ServerResponse): void
  /** Says which route takes it; without one it reached none. */
  isFor(response: ServerResponse, route: string): void
}

/** Other methods are as many as their senders like. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export function createRequestMeter(metrics: Metrics): RequestMeter {
  const durations = metrics.duration(
    'http_server_request_duration_seconds',
    'Requests by method, route and status, from their head to the end of their answer.',
    ['http_request_method', 'http_route', 'http_response_status_code'],
  )
  let active = 0
  metrics.state('http_server_active_requests', 'Requests that are being answered.', [], () => [
    { value: active },
  ])
  const routes = new WeakMap<ServerResponse, string>()
  return {
    begin: ({ method = '' }, response) => {
      const startedAt = performance.now()
      active += 1
      response.once('close', () => {
        active -= 1
        const labels = {
          http_request_method: methods.has(method) ? method : '_OTHER',
          http_route: routes.get(response) ?? 'none',
          http_response_status_code: String(response.statusCode),
        }
        durations.observe(labels, (performance.now() - startedAt) / 1000)
      })
    },
    isFor: (response, route) => void routes.set(response, route),
  }
}
