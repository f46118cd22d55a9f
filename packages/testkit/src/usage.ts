/** Whether the sums over spans are what the stored spans add up to. */

/** Runs a statement as somebody who sees every workspace, and gives its rows. */
type Query = (text: string) => Promise<Record<string, unknown>[]>

/** One table of sums, row by row as JSON in order: as it is stored, and as counting the spans again gives it. */
export interface RecountedUsage {
  readonly table: string
  readonly stored: readonly string[]
  readonly recounted: readonly string[]
}

/** Counts all stored spans again, histograms included. Nothing may wait to be added to the sums. */
export async function recountUsage(query: Query): Promise<RecountedUsage[]> {
  const sums: RecountedUsage[] = []
  for (const [table, unit, dimensions] of tables) {
    const stored = await storedSums(query, table, dimensions)
    sums.push({ table, stored, recounted: await recount(query, unit, dimensions) })
  }
  return sums
}

const all = [
  'service',
  'operation',
  'provider',
  'model',
  'agent',
  'environment',
  'version',
  'team',
  'project',
]
const ofUsers = ['operation', 'provider', 'model', 'environment', 'team', 'project', 'end_user']
const tables = [
  ['usage_1m', 'minute', all],
  ['usage_1h', 'hour', all],
  ['usage_1d', 'day', all],
  ['user_usage_1h', 'hour', ofUsers],
  ['user_usage_1d', 'day', ofUsers],
] as const

const counts = ['spans', 'errors', 'runs', 'model_calls', 'tool_calls', 'told', 'priced', 'unpriced']
const tokens = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
]
const isCall = `coalesce(operation IN ('chat', 'text_completion', 'generate_content', 'embeddings'), model IS NOT NULL)`

const buckets = (column: string): string =>
  `coalesce((SELECT jsonb_object_agg(bucket, n) FROM (
    SELECT greatest(0, ceil(ln(v::float8) / ln(1.02::float8)))::int AS bucket, count(*) AS n
    FROM unnest(array_agg(greatest(${column}, 1)) FILTER (WHERE ${column} IS NOT NULL)) AS v GROUP BY 1) AS h), '{}')`

async function recount(query: Query, unit: string, dimensions: readonly string[]): Promise<string[]> {
  const rows = await query(`
    SELECT extract(epoch FROM date_trunc('${unit}', started_at, 'UTC'))::float8 AS start, ${dimensions.join(', ')},
      count(*) AS spans, count(*) FILTER (WHERE status = 2) AS errors, count(*) FILTER (WHERE parent_id IS NULL) AS runs,
      count(*) FILTER (WHERE ${isCall}) AS model_calls, count(*) FILTER (WHERE operation = 'execute_tool') AS tool_calls,
      count(*) FILTER (WHERE coalesce(${tokens.join(', ')}) IS NOT NULL) AS told, count(cost_nano_usd) AS priced,
      count(*) FILTER (WHERE ${isCall} AND cost_nano_usd IS NULL) AS unpriced,
      ${tokens.map((name) => `coalesce(sum(${name}), 0) AS ${name}`).join(', ')},
      coalesce(sum(cost_nano_usd), 0) AS cost_nano_usd, ${buckets('duration_ns')} AS latency,
      ${buckets('first_token_ns')} AS first_token
    FROM traces.spans ${dimensions.includes('end_user') ? 'WHERE end_user IS NOT NULL' : ''}
    GROUP BY 1, ${dimensions.join(', ')}`)
  return rows.map((row) => JSON.stringify(row)).toSorted()
}

async function storedSums(query: Query, table: string, dimensions: readonly string[]): Promise<string[]> {
  const rows = await query(`
    SELECT extract(epoch FROM start)::float8 AS start, ${dimensions.join(', ')},
      ${[...counts, ...tokens, 'cost_nano_usd'].join(', ')}, latency, first_token
    FROM traces.${table} u JOIN traces.usage_series s ON s.workspace_id = u.workspace_id AND s.id = u.series_id`)
  return rows
    .map((row) => ({
      ...row,
      latency: bucketsIn(row['latency']),
      first_token: bucketsIn(row['first_token']),
    }))
    .map((row) => JSON.stringify(row))
    .toSorted()
}

/** Reads pairs of bucket and count, each a LEB128 number; a bucket may come more than once. */
function bucketsIn(bytes: unknown): Record<string, number> {
  if (!(bytes instanceof Uint8Array)) throw new Error('a histogram is not stored as bytes')
  const numbers: number[] = []
  let number = 0
  let weight = 1
  for (const byte of bytes) {
    number += (byte % 128) * weight
    weight *= 128
    if (byte >= 128) continue
    numbers.push(number)
    number = 0
    weight = 1
  }
  const found: Record<string, number> = {}
  for (let at = 0; at < numbers.length; at += 2) {
    const bucket = String(numbers[at])
    found[bucket] = (found[bucket] ?? 0) + (numbers[at + 1] ?? 0)
  }
  return found
}
