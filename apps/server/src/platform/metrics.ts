/**
 * What an installation tells Prometheus of itself. Names and units are those of OpenTelemetry's conventions where they have
 * one, else `atrium_…`; each process tells of itself, a worker also of the queues.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Database } from './db.ts'
import type { Log } from './log.ts'

/** One figure, with labels where it is one of several. */
export interface Reading {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

export interface Metrics {
  /** Counts things that happen. */
  counter<const Label extends string>(name: string, help: string, labels: readonly Label[]): Counter<Label>
  /** Counts durations in seconds by how long they are. */
  duration<const Label extends string>(name: string, help: string, labels: readonly Label[]): Histogram<Label>
  /** A state that is looked up whenever somebody asks; what cannot be read then is left out. */
  state(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => readonly Reading[] | Promise<readonly Reading[]>,
  ): void
  /** All of it in Prometheus' text format. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** Those that OpenTelemetry's conventions advise for HTTP, and longer ones: answers stream. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300]

/** @param isRead whether anybody may ask; otherwise nothing is measured that costs something */
export function createMetrics(log: Log, isRead: boolean): Metrics {
  const registry = new Registry()
  // Processor, memory, event-loop delay and garbage collection of Node.
  if (isRead) collectDefaultMetrics({ register: registry })
  return {
    counter: (name, help, labels) =>
      new Counter({ name, help, labelNames: [...labels], registers: [registry] }),
    duration: (name, help, labels) =>
      new Histogram({ name, help, labelNames: [...labels], buckets, registers: [registry] }),
    state: (name, help, labels, read) => {
      const gauge = new Gauge<string>({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        collect: async () => {
          gauge.reset()
          try {
            for (const { labels: of = {}, value } of await read()) gauge.set(of, value)
          } catch (error) {
            log.warn({ err: error, metric: name }, 'a metric could not be read')
          }
        },
      })
    },
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

/** Connections of the pools by what they do, and how much waits for one. */
export function measurePools(metrics: Metrics, pools: Readonly<Record<string, Database['pool']>>): void {
  const each = Object.entries(pools)
  const pool = 'db_client_connection_pool_name'
  const state = 'db_client_connection_state'
  metrics.state(
    'db_client_connection_count',
    'Connections to PostgreSQL by pool and state.',
    [pool, state],
    () =>
      each.flatMap(([name, { totalCount, idleCount }]) => [
        { labels: { [pool]: name, [state]: 'idle' }, value: idleCount },
        { labels: { [pool]: name, [state]: 'used' }, value: totalCount - idleCount },
      ]),
  )
  metrics.state(
    'db_client_connection_pending_requests',
    'Transactions that wait for a connection, by pool.',
    [pool],
    () => each.map(([name, { waitingCount }]) => ({ labels: { [pool]: name }, value: waitingCount })),
  )
}
