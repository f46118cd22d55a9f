import type { Bus } from '#platform/bus'
import type { Log } from '#platform/log'
import type { Coverage } from './coverage.ts'
import { type Leaser, returnedTopic, wantedTopic } from './leaser.ts'
import type { Recovery } from './recovery.ts'
import type { Registration } from './registration.ts'

/** Told when a budget was made, changed or removed. */
export const changedTopic = 'ledger.budget-changed'

export interface PeersOptions {
  readonly bus: Bus
  readonly log: Log
  readonly registration: Registration
  readonly coverage: Coverage
  readonly leaser: Leaser
  readonly recovery: Recovery
  readonly renewMs: number
}

/** Keeps the lease, hears what other processes want and what people change, and takes over from the dead. */
export function watchPeers(options: PeersOptions): Disposable {
  const { bus, log, registration, coverage, leaser, recovery, renewMs } = options
  const stack = new DisposableStack()
  stack.defer(
    bus.subscribe(wantedTopic, ({ budgetId, from }) => {
      if (from !== bus.processId) leaser.returnAll(String(budgetId))
    }),
  )
  stack.defer(
    bus.subscribe(returnedTopic, ({ from }) => {
      if (from !== bus.processId) leaser.poke()
    }),
  )
  stack.defer(
    bus.subscribe(changedTopic, ({ workspaceId, budgetId }) => {
      coverage.forget(String(workspaceId))
      leaser.returnAll(String(budgetId))
    }),
  )
  stack.defer(
    bus.onGap(() => {
      coverage.forget()
      leaser.returnEverything()
    }),
  )
  let busy = false
  const upkeep = async (): Promise<void> => {
    await registration.renew()
    leaser.tidy()
    await recovery.sweep()
  }
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    upkeep()
      .catch((error: unknown) => log.warn({ err: error }, 'upkeep of the ledger failed; trying again'))
      .finally(() => (busy = false))
  }, renewMs)
  stack.defer(() => clearInterval(timer))
  return stack
}
