import type { CurrencyRates } from '@atrium/contract'
import { first, rows, sql, type Tx } from '#platform/db'

export interface MoneySettingsRow {
  readonly currency: string
  readonly timeZone: string
}

export async function readSettings(tx: Tx, workspaceId: string): Promise<MoneySettingsRow> {
  const row = await first(
    tx,
    sql<MoneySettingsRow>`
    SELECT currency, time_zone AS "timeZone" FROM models.money_settings WHERE workspace_id = ${workspaceId}`,
  )
  return row ?? { currency: 'USD', timeZone: 'UTC' }
}

export async function writeSettings(
  tx: Tx,
  workspaceId: string,
  { currency, timeZone }: MoneySettingsRow,
): Promise<void> {
  await sql`
    INSERT INTO models.money_settings (workspace_id, currency, time_zone)
    VALUES (${workspaceId}, ${currency}, ${timeZone})
    ON CONFLICT (workspace_id) DO UPDATE SET
      currency = excluded.currency, time_zone = excluded.time_zone, updated_at = now()`.execute(tx)
}

export type RatesRow = CurrencyRates & { readonly updatedAt: Date }

const mostDays = 60

/** The newest day first. */
export async function readRates(tx: Tx): Promise<RatesRow[]> {
  return rows(
    tx,
    sql<RatesRow>`
    SELECT to_char(date, 'YYYY-MM-DD') AS date, base, rates, source, updated_at AS "updatedAt"
    FROM models.currency_rates ORDER BY date DESC LIMIT ${mostDays}`,
  )
}

export async function writeRates(tx: Tx, { date, base, rates, source }: CurrencyRates): Promise<void> {
  await sql`
    INSERT INTO models.currency_rates (date, base, rates, source)
    VALUES (${date}::date, ${base}, ${JSON.stringify(rates)}::jsonb, ${source})
    ON CONFLICT (date) DO UPDATE SET
      base = excluded.base, rates = excluded.rates, source = excluded.source, updated_at = now()`.execute(tx)
}
