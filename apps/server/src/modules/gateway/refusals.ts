import { AppError } from '#platform/errors'
import { otlpSpanOf, spanIdOf, traceIdOf } from '#platform/telemetry'
import type { Endpoint } from './addresses.ts'
import type { Asked } from './exchange.ts'
import type { Gateway } from './service.ts'

/**
 * Keeps a request that was refused before anybody was called among the traces of its workspace. Those beyond a limit are
 * not kept: they come by the thousands, and limits are there so that they cost nothing.
 */
export function noteRefusal(
  { telemetry }: Gateway,
  { exchange, dialect, member }: Asked,
  endpoint: Endpoint,
  error: unknown,
): void {
  const isCall = endpoint.kind === 'generate' || endpoint.kind === 'forward'
  const status = error instanceof AppError ? error.status : 400
  if (!isCall || status === 429 || telemetry.keeps === 'nothing') return
  const { request, id } = exchange
  const path = request.url?.split('?', 1)[0] ?? ''
  const place = telemetry.callerOf(request) ?? { traceId: traceIdOf(id), parentId: null }
  const startedAtMs = Date.now()
  telemetry.note({
    workspaceId: member.workspaceId,
    privateTo: null,
    chars: 0,
    describe: () => [
      otlpSpanOf({
        place,
        spanId: spanIdOf(id),
        name: `POST ${path}`,
        kind: 'server',
        startedAtMs,
        durationMs: 0,
        attributes: {
          'http.request.method': 'POST',
          'url.path': path,
          'http.response.status_code': status,
          'user.id': member.personId,
          'atrium.key.id': member.key?.id,
          'atrium.key.name': member.key?.name,
          'atrium.gateway.dialect': dialect,
        },
        error: failureOf(error),
      }),
    ],
  })
}

const failureOf = (error: unknown): { type: string; message: string } =>
  error instanceof AppError
    ? { type: error.code, message: error.message }
    : { type: 'INVALID_REQUEST', message: error instanceof Error ? error.message : '' }
