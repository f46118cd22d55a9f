import type { BlobStore } from './blobs.ts'
import type { Bus } from './bus.ts'
import type { Clock } from './clock.ts'
import type { ServerConfig } from './config.ts'
import type { Consistency } from './consistency.ts'
import type { Database } from './db.ts'
import type { Egress } from './egress.ts'
import type { Events } from './events.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Keyring } from './secrets.ts'
import type { Telemetry } from './telemetry.ts'

/** What every module may use. No product words live here. */
export interface Platform {
  readonly config: ServerConfig
  readonly log: Log
  readonly clock: Clock
  /** The database as requests see it: one workspace at a time. */
  readonly db: Database
  /** The database as background work sees it: all workspaces. */
  readonly jobDb: Database
  readonly bus: Bus
  /** What callers have seen, where replicas answer too. */
  readonly consistency: Consistency
  readonly events: Events
  readonly keyring: Keyring
  readonly egress: Egress
  readonly blobs: BlobStore
  readonly telemetry: Telemetry
  readonly metrics: Metrics
}
