import type { Signal } from '@atrium/wire/otlp'
import { sql } from '#platform/db'

/** Whose records came, and how many of them. */
export interface Counted {
  readonly workspaceId: string
  /** Of the API key. */
  readonly senderId: string
  readonly accepted: number
  readonly rejected: number
}

/** Part of a statement that counts what arrived; `stored` are the rows that were new. */
export const countArrival = (signal: Signal, { workspaceId, senderId, accepted, rejected }: Counted) => sql`
  INSERT INTO traces.arrivals AS a (workspace_id, key_id, signal, day, accepted, stored, duplicate, rejected)
  SELECT ${workspaceId}, ${senderId}, ${signal}, (now() AT TIME ZONE 'UTC')::date, ${accepted}::bigint, n,
    ${accepted}::bigint - n, ${rejected}::bigint
  FROM (SELECT count(*) AS n FROM stored) AS new
  ON CONFLICT (workspace_id, key_id, signal, day) DO UPDATE SET accepted = a.accepted + excluded.accepted,
    stored = a.stored + excluded.stored, duplicate = a.duplicate + excluded.duplicate, rejected = a.rejected + excluded.rejected`
