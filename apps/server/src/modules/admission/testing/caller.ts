/** The program of `processes.ts`: does what its parent orders. */
import { openBus } from '#platform/bus'
import { createClock } from '#platform/clock'
import { openDatabase } from '#platform/db'
import { AppError } from '#platform/errors'
import { silentLog } from '#platform/log'
import { createAdmission } from '../service.ts'
import type { AdmissionRequest, Ticket } from '../types.ts'

export type Order =
  | { readonly kind: 'admit'; readonly request: AdmissionRequest; readonly calls: number }
  | { readonly kind: 'release'; readonly calls: number }

export interface Answer {
  readonly admitted: number
}

const [, , app = '', job = ''] = process.argv
const log = silentLog()
const scope = new AsyncDisposableStack()
const pool = { maxConnections: 4, log, applicationName: 'caller' }
const admission = createAdmission(
  {
    jobDb: scope.use(openDatabase({ ...pool, url: job })),
    bus: scope.use(await openBus(app, log)),
    log,
    clock: createClock(),
  },
  scope,
)
const open: Ticket[] = []

async function admit(request: AdmissionRequest): Promise<number> {
  try {
    open.push(await admission.admit(request))
    return 1
  } catch (error) {
    if (error instanceof AppError && error.code === 'RATE_LIMIT_EXCEEDED') return 0
    throw error
  }
}

async function obey(order: Order): Promise<Answer> {
  if (order.kind === 'release') {
    for (const ticket of open.splice(0, order.calls)) ticket.release(0)
    return { admitted: 0 }
  }
  const made = await Promise.all(Array.from({ length: order.calls }, () => admit(order.request)))
  return { admitted: made.reduce((sum, one) => sum + one, 0) }
}

// Only `processes.ts` speaks to this program.
process.on('message', (order) => void obey(order as Order).then((answer) => process.send?.(answer)))
process.send?.({ admitted: 0 } satisfies Answer)
