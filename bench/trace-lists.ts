/** Lists traces by any filter among a million of them, which is what ten million spans make. */
import { z } from 'zod'
import { type Api, openApi } from './lib/api.ts'
import { createAtrium } from './lib/atrium.ts'
import { type DatabaseLook, openDatabase } from './lib/database.ts'
import { runBench } from './lib/run.ts'
import { quantile, range } from './lib/stats.ts'

const page = z.object({ data: z.array(z.unknown()) })

/** What a page shows by default. */
const pageSize = 30
const rounds = 9

/**
 * Questions by their names, and how many of the first page's rows they find. Values are common, rare, of the oldest
 * days only (`retired`), or unknown.
 */
const questions: readonly (readonly [name: string, query: string, rows: number])[] = [
  ['any', '', pageSize],
  ['service, common', 'service=service-1', pageSize],
  ['service, retired', 'service=retired', pageSize],
  ['service, unknown', 'service=none', 0],
  ['agent, common', 'agent=agent-1', pageSize],
  ['agent, retired', 'agent=retired', pageSize],
  ['agent, unknown', 'agent=none', 0],
  ['session', 'session=session-77', 8],
  ['user, common', 'user=user-1', pageSize],
  ['user, unknown', 'user=none', 0],
  ['environment, rare', 'environment=test', pageSize],
  ['environment, unknown', 'environment=none', 0],
  ['model, common', 'model=model-1', pageSize],
  ['model, retired', 'model=retired', pageSize],
  ['model, unknown', 'model=none', 0],
  ['errors', 'status=error', pageSize],
  ['no errors', 'status=ok', pageSize],
  ['at least 100 ms', 'minDurationMs=100', pageSize],
  ['at least 5 s', 'minDurationMs=5000', pageSize],
  ['at least 10 minutes', 'minDurationMs=600000', pageSize],
  ['at least a day', 'minDurationMs=86400000', 0],
  ['agent and errors', 'agent=agent-7&status=error', pageSize],
  ['agent and model', 'agent=agent-3&model=model-2', pageSize],
  ['agent and model, never together', 'agent=retired&model=model-1', 0],
  ['service and environment', 'service=service-5&environment=test', pageSize],
  ['user and errors', 'user=user-1&status=error', pageSize],
  ['model and at least 10 minutes', 'model=model-1&minDurationMs=600000', pageSize],
  ['environment, errors and at least 16 s', 'environment=test&status=error&minDurationMs=16000', pageSize],
]

await runBench('trace-lists', async ({ scope, options, say, figures }) => {
  const traces = options.quick ? 50_000 : 1_000_000
  const atrium = scope.use(await createAtrium(options))
  await atrium.start()
  const api = scope.use(await openApi(atrium))
  const db = scope.use(await openDatabase(atrium))
  const startedAt = performance.now()
  await seedTraces(db, api.workspaceId, traces)
  say(`${traces} traces in ${Math.round((performance.now() - startedAt) / 1000)} s`)

  const days = 3
  const from = new Date(Date.now() - (30 - days) * 86_400_000).toISOString()
  const ranges = [
    ['', ''],
    [', of 27 days', `&from=${from}`],
    [', before them', `&to=${from}`],
  ] as const
  const all: number[] = []
  let wrong = 0
  for (const [name, query, rows] of questions) {
    for (const [suffix, range] of ranges) {
      const { tookMs, found } = await ask(api, `${query}${range}`)
      all.push(...tookMs)
      if (suffix === '' && !options.quick && found !== rows) {
        wrong += 1
        say(`${name}: ${found} rows and not ${rows}`)
      }
      figures.info(`${name}${suffix}, p95`, quantile(tookMs, 0.95), 'ms')
    }
  }
  figures.correct('questions with other rows than there are', wrong, { exactly: 0 })
  figures.speed('first page of a list by any filter, p95', quantile(all, 0.95), 'ms', { atMost: 100 })
  figures.info('first page of a list by any filter, slowest', Math.max(...all), 'ms')
  const [size] = await db.rows<{ row: number; indexes: number }>(
    `SELECT pg_table_size('traces.traces')::float8 / ${traces} AS row, pg_indexes_size('traces.traces')::float8 / ${traces} AS indexes`,
  )
  figures.info('bytes of a trace, its row', size?.row ?? Number.NaN)
  figures.info('bytes of a trace, in indexes', size?.indexes ?? Number.NaN)
})

async function ask(api: Api, query: string): Promise<{ tookMs: number[]; found: number }> {
  const tookMs: number[] = []
  let found = 0
  for (const _ of range(rounds)) {
    const startedAt = performance.now()
    const answer = await api.json({ path: `${api.base}/traces?limit=${pageSize}&${query}` })
    tookMs.push(performance.now() - startedAt)
    found = page.parse(answer).data.length
  }
  return { tookMs, found }
}

/**
 * Traces of 30 days in the order of time, as uneven as they are in life: few services, agents, models and users have most of
 * them, a twentieth is of things that were in use in the first days only, a hundredth fails, few last long.
 */
async function seedTraces(db: DatabaseLook, workspaceId: string, count: number): Promise<void> {
  const uneven = (name: string, most: number): string => `'${name}-' || floor(${most} ^ random())::int`
  await db.rows(
    `INSERT INTO traces.traces (workspace_id, id, started_at, ended_at, name, has_root, named_at, service, agent, session,
       end_user, environment, spans, errors, model_calls, tool_calls, models, tokens, cost_nano_usd)
     SELECT $1, gen_random_uuid(), at, at + least(exp(2.5 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) * interval '1.5 s',
         interval '20 h'), 'answer the customer', true, at,
       CASE WHEN is_retired THEN 'retired' ELSE ${uneven('service', 20)} END,
       CASE WHEN is_retired THEN 'retired' ELSE ${uneven('agent', 50)} END,
       'session-' || n / 8, ${uneven('user', 50_000)},
       CASE WHEN random() < 0.9 THEN 'production' WHEN random() < 0.9 THEN 'staging' ELSE 'test' END,
       7, CASE WHEN random() < 0.03 THEN 1 ELSE 0 END, 3, 2,
       CASE WHEN is_retired THEN '{retired}' WHEN random() < 0.7 THEN ARRAY[${uneven('model', 30)}]
         ELSE (SELECT array_agg(DISTINCT m ORDER BY m) FROM unnest(ARRAY[${uneven('model', 30)}, ${uneven('model', 30)}]) AS m) END,
       4000, 1000000
     FROM (SELECT n, now() - age * interval '30 days' AS at, age > 0.85 AND random() < 0.3 AS is_retired
       FROM (SELECT n, 1 - n / ${count}::float8 AS age FROM generate_series(1, ${count}) AS n) AS made) AS placed`,
    [workspaceId],
  )
  await db.rows('VACUUM ANALYZE traces.traces')
}
