import type { Signal } from '@atrium/wire/otlp'
import { sql, type Tx } from '#platform/db'

/** Makes room for a day, `YYYY-MM-DD`, of a signal; nothing happens when it is there. */
export async function openDay(tx: Tx, signal: Signal, day: string): Promise<void> {
  await sql`SELECT traces.open_day(${signal}, ${day}::date)`.execute(tx)
}
