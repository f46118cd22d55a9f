/** A process with a ledger that makes calls until it is refused or killed, and says what it did; for crash tests. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { openBus } from '#platform/bus'
import { createClock } from '#platform/clock'
import { openDatabase } from '#platform/db'
import { createEvents } from '#platform/events'
import { silentLog } from '#platform/log'
import type { Platform } from '#platform/platform'
import { createLedger, type LedgerSettings } from '../service.ts'

/** What it is told in its first argument, as JSON. */
export interface CallerOrders {
  readonly jobUrl: string
  readonly appUrl: string
  readonly dataDir: string
  readonly workspaceId: string
  readonly personId: string
  readonly settings: LedgerSettings
  readonly parallel: number
  /** Of each call at most; it costs a random part of it. */
  readonly ceiling: number
  readonly callMs: number
}

const orders = JSON.parse(process.argv[2] ?? '') as CallerOrders
const say = (...words: readonly (string | bigint)[]): void =>
  void process.stdout.write(`${words.join(' ')}\n`)

const log = silentLog()
const clock = createClock()
await using scope = new AsyncDisposableStack()
const open = (url: string) => openDatabase({ url, maxConnections: 4, log, applicationName: 'atrium-test' })
const jobDb = scope.use(open(orders.jobUrl))
const db = scope.use(open(orders.appUrl))
const bus = scope.use(await openBus(orders.appUrl, log))
const ledger = await createLedger(
  {
    // Nothing else of the configuration is read.
    config: { dataDir: orders.dataDir } as Platform['config'],
    log,
    clock,
    db,
    jobDb,
    bus,
    events: createEvents({ db, bus, clock }),
    identity: {
      audit: async () => undefined,
      named: async () => new Map(),
      tellOwners: async () => undefined,
    },
  },
  scope,
  orders.settings,
)
say('ready')
await Promise.all(Array.from({ length: orders.parallel }, callOn))
say('done')

/** One call after the other until there is no money left. */
async function callOn(): Promise<void> {
  for (;;) {
    const callId = clock.uuid()
    try {
      const hold = await ledger.hold({
        payer: { workspaceId: orders.workspaceId, personId: orders.personId, keyId: null, teamIds: [] },
        callId,
        attempt: 0,
        ceilingNanoUsd: BigInt(orders.ceiling),
        floorNanoUsd: 1n,
      })
      say('held', callId, hold.nanoUsd)
      await sleep(Math.random() * orders.callMs)
      const cost = BigInt(Math.ceil(Math.random() * Number(hold.nanoUsd)))
      hold.settle({ costNanoUsd: cost, status: 'finished', estimated: false })
      // From here on it survives.
      await setImmediate()
      say('settled', callId, cost)
    } catch (error) {
      say('refused', error instanceof Error && 'code' in error ? String(error.code) : String(error))
      return
    }
  }
}
