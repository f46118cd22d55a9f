import { CompiledQuery } from 'kysely'
import { PgBoss, type Job, type JobResult } from 'pg-boss'
import { outboxTopic, type DomainEvent } from './events.ts'
import type { Bus } from './bus.ts'
import { rows, sql, type Database, type Tx } from './db.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface JobOptions {
  /** How many workers look for jobs in one process; each runs up to five side by side. */
  readonly concurrency?: number
  readonly retries?: number
  /** After which a job that has not ended counts as failed. */
  readonly timeoutSeconds?: number
}

/** What a module's `jobs` face registers its work with. */
export interface JobRegistry {
  /** Handles each event of the type, at least once. `name` is unique, such as `chat.title`. */
  on(
    type: string,
    name: string,
    handler: (event: DomainEvent) => Promise<void>,
    options?: JobOptions,
  ): Promise<void>
  /** Runs on a cron schedule (UTC), once among all processes. A run that failed is logged and told by `atrium doctor`. */
  schedule(
    name: string,
    cron: string,
    handler: () => Promise<void>,
    options?: Pick<JobOptions, 'timeoutSeconds'>,
  ): Promise<void>
  /** Runs in this process every so often until the scope closes; for upkeep that each process does. */
  every(ms: number, handler: () => Promise<void>): void
}

export interface Jobs extends JobRegistry, AsyncDisposable {
  /** Begins to deliver what the outbox holds. */
  start(): Promise<void>
}

const batch = 100
const pollMs = 1000
/** How long events are gathered, so that they are moved together; workers look twice a second only. */
const gatherMs = 100
/** How soon a worker looks for what an event has put into its queue. */
const eventPollSeconds = 0.5
/** Jobs of events that a worker takes with one look, and runs side by side. */
const eventBatch = 5
/** Schedules are exact to the minute. */
const schedulePollSeconds = 10

/** Background work on pg-boss, in the schema `jobs` that the job role owns. */
export async function openJobs(options: { url: string; db: Database; bus: Bus; log: Log }): Promise<Jobs> {
  const { db, bus, log } = options
  const boss = new PgBoss({
    connectionString: options.url,
    // What is taken and what is done: should the last half second of it get lost with the machine, the jobs run again, as
    // they may anyway. What puts them in is another connection's transaction and waits for the disk.
    options: '-c synchronous_commit=off',
    schema: 'jobs',
    max: 4,
    application_name: 'atrium-jobs',
  })
  boss.on('error', (error) => log.error({ err: error }, 'the job queue reported an error'))
  await boss.start()
  const subscriptions = new Map<string, string[]>()
  const timers = new Set<NodeJS.Timeout>()
  const relay = createRelay({ db, boss, subscriptions, log })

  return {
    on: async (type, name, handler, settings = {}) => {
      // What comes back is what the relay has put in.
      await work(boss, name, (data) => handler(data as DomainEvent), {
        ...settings,
        pollSeconds: eventPollSeconds,
        batchSize: eventBatch,
      })
      subscriptions.set(type, [...(subscriptions.get(type) ?? []), name])
    },
    schedule: async (name, cron, handler, settings = {}) => {
      const told = (): Promise<void> =>
        handler().catch((error: unknown) => {
          log.error({ err: error, job: name }, 'scheduled work failed')
          throw error
        })
      await work(boss, name, told, {
        ...settings,
        retries: 0,
        concurrency: 1,
        pollSeconds: schedulePollSeconds,
        batchSize: 1,
      })
      await boss.schedule(name, cron)
    },
    every: (ms, handler) => {
      timers.add(repeat(ms, handler, log))
    },
    start: async () => {
      bus.subscribe(outboxTopic, relay.wake)
      bus.onGap(relay.wake)
      timers.add(repeat(pollMs, async () => relay.wake(), log))
      relay.wake()
    },
    [Symbol.asyncDispose]: async () => {
      for (const timer of timers) clearInterval(timer)
      await relay.stop()
      await boss.stop({ graceful: true, timeout: 5000 })
    },
  }
}

/** What the outbox and the queues hold, as workers tell it. */
export function measureQueues(metrics: Metrics, jobDb: Database): void {
  metrics.state(
    'atrium_jobs',
    'Jobs that wait, are under way or come again, by queue and state.',
    ['queue', 'state'],
    async () => {
      const found = await jobDb.readOnly((tx) =>
        rows(
          tx,
          sql<{ queue: string; state: string; value: number }>`
          SELECT name AS queue, state::text, count(*)::int AS value FROM jobs.job WHERE state < 'completed' GROUP BY name, state`,
        ),
      )
      return found.map(({ queue, state, value }) => ({ labels: { queue, state }, value }))
    },
  )
  metrics.state('atrium_outbox_events', 'Events that are not in the queues of their handlers yet.', [], () =>
    jobDb.readOnly((tx) =>
      rows(tx, sql<{ value: number }>`SELECT count(*)::int AS value FROM platform.outbox`),
    ),
  )
}

/** Makes a queue and has this process work on it. */
async function work(
  boss: PgBoss,
  name: string,
  handler: (data: unknown) => Promise<void>,
  settings: JobOptions & { pollSeconds: number; batchSize: number },
): Promise<void> {
  await boss.createQueue(name, {
    retryLimit: settings.retries ?? 5,
    retryBackoff: true,
    retryDelay: 1,
    expireInSeconds: settings.timeoutSeconds ?? 120,
  })
  await boss.work(
    name,
    {
      pollingIntervalSeconds: settings.pollSeconds,
      localConcurrency: settings.concurrency ?? 2,
      batchSize: settings.batchSize,
      perJobResults: true,
    },
    (jobs: Job<unknown>[]) => Promise.all(jobs.map((job) => resultOf(job, handler))),
  )
}

/** Each job of a batch ends on its own. */
async function resultOf(job: Job<unknown>, handler: (data: unknown) => Promise<void>): Promise<JobResult> {
  try {
    await handler(job.data)
    return { id: job.id, status: 'completed' }
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { id: job.id, status: 'failed', output: { message } }
  }
}

function repeat(ms: number, handler: () => Promise<void>, log: Log): NodeJS.Timeout {
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    handler()
      .catch((error: unknown) => log.error({ err: error }, 'periodic work failed'))
      .finally(() => (busy = false))
  }, ms)
  timer.unref()
  return timer
}

interface RelayOptions {
  db: Database
  boss: PgBoss
  subscriptions: Map<string, string[]>
  log: Log
}

/** Moves events from the outbox into the queues of their handlers: both sides in one transaction. */
function createRelay({ db, boss, subscriptions, log }: RelayOptions): {
  wake: () => void
  stop: () => Promise<void>
} {
  let running: Promise<void> | undefined
  let gathering: NodeJS.Timeout | undefined
  let again = false
  let stopped = false

  const move = async (tx: Tx): Promise<number> => {
    const events = await rows(tx, takeSql)
    const within = {
      db: {
        executeSql: (text: string, values?: readonly unknown[]) =>
          tx.executeQuery(CompiledQuery.raw(text, [...(values ?? [])])),
      },
    }
    for (const [queue, data] of byQueue(events, subscriptions)) {
      await boss.insert(
        queue,
        data.map((event) => ({ data: event })),
        within,
      )
    }
    return events.length
  }

  const drain = async (): Promise<void> => {
    do {
      again = false
      while (!stopped && (await db.transaction(move)) === batch);
    } while (again && !stopped)
  }

  const run = (): void => {
    gathering = undefined
    again = true
    running ??= drain()
      .catch((error: unknown) => log.error({ err: error }, 'events could not be delivered; trying again'))
      .finally(() => (running = undefined))
  }

  const wake = (): void => {
    if (!stopped) gathering ??= setTimeout(run, gatherMs).unref()
  }

  return {
    wake,
    stop: async () => {
      stopped = true
      clearTimeout(gathering)
      await running
    },
  }
}

function byQueue(
  events: readonly DomainEvent[],
  subscriptions: ReadonlyMap<string, readonly string[]>,
): Map<string, DomainEvent[]> {
  const queues = new Map<string, DomainEvent[]>()
  for (const event of events) {
    for (const queue of subscriptions.get(event.type) ?? [])
      queues.set(queue, [...(queues.get(queue) ?? []), event])
  }
  return queues
}

const takeSql = sql<DomainEvent>`
  DELETE FROM platform.outbox WHERE (workspace_id, id) IN (
    SELECT workspace_id, id FROM platform.outbox ORDER BY created_at, id LIMIT ${batch} FOR UPDATE SKIP LOCKED
  ) RETURNING type, workspace_id AS "workspaceId", payload`
