import { decodeLogs, decodeMetrics, decodeTraces } from '@atrium/wire/otlp'
import type { Identity } from '#modules/identity'
import type { Platform } from '#platform/platform'
import { admitSpans } from './admit.ts'
import type { GrpcOptions } from './grpc.ts'
import { createIntake } from './intake.ts'
import { admitLogs } from './logs/admit.ts'
import { createLogReading, type LogReading } from './logs/reading.ts'
import { createLogStorage } from './logs/storage.ts'
import { admitMetrics } from './metrics/admit.ts'
import { createMetricReading, type MetricReading } from './metrics/reading.ts'
import { createPointStorage } from './metrics/storage.ts'
import { OwnWorkStore } from './own-work.ts'
import { createReading, type Reading } from './reading.ts'
import type { ReceiverOptions } from './receive.ts'
import { createRedactor, defaultRules } from './redaction/index.ts'
import { createSettings, type Settings } from './settings.ts'
import { createSpanStorage } from './span-storage.ts'
import { createUpkeep, type Upkeep } from './upkeep.ts'
import { createMerging, type Merging } from './usage/merging.ts'
import { countUsers, rankMembers, readUsage } from './usage/views.ts'
import { Backlog, GroupingWriter } from './writer.ts'
import { createArrivalMeter } from './arrival-meter.ts'

/** What the faces of this module work with. */
export interface Traces {
  readonly grpc: GrpcOptions
  readonly receiver: ReceiverOptions
  readonly reading: Reading
  readonly logs: LogReading
  readonly metrics: MetricReading
  readonly settings: Settings
  readonly upkeep: Upkeep
  readonly merging: Merging
  /** Questions about the sums of spans. */
  readonly usage: {
    readonly read: typeof readUsage
    readonly rank: typeof rankMembers
    readonly countUsers: typeof countUsers
  }
}

export function createTraces(
  context: Platform & { readonly identity: Identity },
  scope: AsyncDisposableStack,
): Traces {
  const { identity, log, db, jobDb, bus, clock, telemetry, config } = context
  const redactor = createRedactor(defaultRules)
  const backlog = new Backlog()
  const counted = createArrivalMeter(context.metrics)
  const spanWriter = new GroupingWriter(counted('traces', createSpanStorage(db)), backlog)
  const traces = createIntake({
    decode: decodeTraces,
    admit: (batches, nowMs) => admitSpans(batches, redactor, nowMs),
    writer: spanWriter,
    now: clock.now,
  })
  const logs = createIntake({
    decode: decodeLogs,
    admit: (batches, nowMs) => admitLogs(batches, redactor, nowMs),
    writer: new GroupingWriter(counted('logs', createLogStorage(db)), backlog),
    now: clock.now,
  })
  const metrics = createIntake({
    decode: decodeMetrics,
    admit: (batches, nowMs) => admitMetrics(batches, redactor, nowMs),
    writer: new GroupingWriter(counted('metrics', createPointStorage(db)), backlog),
    now: clock.now,
  })
  if (config.selfTracing !== 'off') {
    const own = scope.use(new OwnWorkStore({ writer: spanWriter, redactor, log, now: clock.now }))
    telemetry.keepWith((work) => own.keep(work), config.selfTracing === 'on' ? 'texts' : 'figures')
  }
  return {
    grpc: { host: config.http.host, ...config.otlpGrpc },
    receiver: { identity, log, intakes: { traces, logs, metrics } },
    reading: createReading(db),
    logs: createLogReading(db),
    metrics: createMetricReading(db, clock.now),
    settings: createSettings({ db, identity }),
    upkeep: createUpkeep({ jobDb, clock }),
    merging: createMerging({ jobDb, bus, log, now: clock.now }),
    usage: { read: readUsage, rank: rankMembers, countUsers },
  }
}
