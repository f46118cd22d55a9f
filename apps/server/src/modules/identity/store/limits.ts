import { rows, sql, type Tx } from '#platform/db'

export interface AttemptCount {
  readonly key: string
  readonly count: number
  readonly secondsLeft: number
}

/** Counts one attempt per key, in a window that begins with the first. */
export async function countAttempts(
  tx: Tx,
  windows: readonly { key: string; seconds: number }[],
): Promise<AttemptCount[]> {
  return rows(
    tx,
    sql<AttemptCount>`
      INSERT INTO identity.rate_limits AS r (key, count, ends_at)
      SELECT w.key, 1, now() + make_interval(secs => w.seconds)
      FROM unnest(${windows.map(({ key }) => key)}::text[], ${windows.map(({ seconds }) => seconds)}::float8[]) AS w (key, seconds)
      ORDER BY w.key
      ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN r.ends_at <= now() THEN 1 ELSE r.count + 1 END,
        ends_at = CASE WHEN r.ends_at <= now() THEN excluded.ends_at ELSE r.ends_at END
      RETURNING key, count, extract(epoch FROM ends_at - now())::float8 AS "secondsLeft"`,
  )
}

export async function takeBackAttempts(tx: Tx, keys: readonly string[]): Promise<void> {
  await sql`
    UPDATE identity.rate_limits SET count = count - 1
    WHERE key IN (SELECT key FROM identity.rate_limits WHERE key = ANY (${keys}::text[]) ORDER BY key FOR UPDATE)
      AND count > 0`.execute(tx)
}
