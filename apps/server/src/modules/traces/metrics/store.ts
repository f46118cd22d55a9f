import { first, sql, type Tx } from '#platform/db'
import { countArrival, type Counted } from '../arrivals-store.ts'
import type { PointRow } from './rows.ts'

/** Points of metrics of one key in one workspace. */
export interface PointArrival extends Counted {
  readonly points: readonly PointRow[]
}

/**
 * Stores points, their series and what they are counted as, in one statement. Points of a series and a time that are
 * there already change nothing. Series are locked in the order of their ids, so that two transactions never wait for one
 * another in a circle. Gives how many points were new.
 */
export async function insertPoints(tx: Tx, arrival: PointArrival): Promise<number> {
  const { workspaceId } = arrival
  const series = seriesColumnsOf(arrival.points)
  const points = pointColumnsOf(arrival.points)
  const row = await first(
    tx,
    sql<{ stored: number }>`
    WITH series AS (
      INSERT INTO traces.metric_series AS s (workspace_id, id, name, type, unit, description, temporality, monotonic, service,
        attributes, resource, scope, first_at, last_at)
      SELECT ${workspaceId}, n.id, n.name, n.type, n.unit, n.description, n.temporality, n.monotonic, n.service, n.attributes,
        n.resource, n.scope, ${epoch} + n.first_us * interval '1 microsecond', ${epoch} + n.last_us * interval '1 microsecond'
      FROM unnest(${series.id}::bigint[], ${series.name}::text[], ${series.type}::text[], ${series.unit}::text[],
        ${series.description}::text[], ${series.temporality}::text[], ${series.monotonic}::boolean[], ${series.service}::text[],
        ${series.attributes}::jsonb[], ${series.resource}::jsonb[], ${series.scope}::jsonb[], ${series.firstUs}::bigint[],
        ${series.lastUs}::bigint[]) AS n (id, name, type, unit, description, temporality, monotonic, service, attributes,
          resource, scope, first_us, last_us)
      ORDER BY n.id
      ON CONFLICT (workspace_id, id) DO UPDATE SET first_at = least(s.first_at, excluded.first_at),
        last_at = greatest(s.last_at, excluded.last_at)
        WHERE s.first_at > excluded.first_at OR s.last_at < excluded.last_at
    ), stored AS (
      INSERT INTO traces.metric_points (workspace_id, series_id, at, since, value, count, sum, min, max, bounds, counts,
        quantiles, quantile_values)
      SELECT ${workspaceId}, p.series_id, ${epoch} + p.at_us * interval '1 microsecond',
        ${epoch} + p.since_us * interval '1 microsecond', p.value, p.count, p.sum, p.min, p.max, p.bounds::float8[],
        p.counts::float8[], p.quantiles::float8[], p.quantile_values::float8[]
      FROM unnest(${points.seriesId}::bigint[], ${points.atUs}::bigint[], ${points.sinceUs}::bigint[], ${points.value}::float8[],
        ${points.count}::float8[], ${points.sum}::float8[], ${points.min}::float8[], ${points.max}::float8[],
        ${points.bounds}::text[], ${points.counts}::text[], ${points.quantiles}::text[], ${points.quantileValues}::text[])
        AS p (series_id, at_us, since_us, value, count, sum, min, max, bounds, counts, quantiles, quantile_values)
      ORDER BY p.series_id, p.at_us
      ON CONFLICT DO NOTHING RETURNING series_id
    ), counted AS (${countArrival('metrics', arrival)})
    SELECT count(*)::int AS stored FROM stored`,
  )
  return row?.stored ?? 0
}

const epoch = sql`timestamptz '1970-01-01 00:00:00+00'`

/** Each series once, with the times of its first and last point. */
function seriesColumnsOf(points: readonly PointRow[]) {
  const all = Map.groupBy(points, ({ series }) => series.id)
    .values()
    .flatMap((own) => {
      const [one] = own
      const times = own.map(({ atUs }) => BigInt(atUs)).toSorted((a, b) => Number(a - b))
      return one ? [{ ...one.series, firstUs: String(times[0]), lastUs: String(times.at(-1)) }] : []
    })
    .toArray()
  return {
    id: all.map(({ id }) => id),
    name: all.map(({ name }) => name),
    type: all.map(({ type }) => type),
    unit: all.map(({ unit }) => unit),
    description: all.map(({ description }) => description),
    temporality: all.map(({ temporality }) => temporality),
    monotonic: all.map(({ monotonic }) => monotonic),
    service: all.map(({ service }) => service),
    attributes: all.map(({ attributes }) => attributes),
    resource: all.map(({ resource }) => resource),
    scope: all.map(({ scope }) => scope),
    firstUs: all.map(({ firstUs }) => firstUs),
    lastUs: all.map(({ lastUs }) => lastUs),
  }
}

const pointColumnsOf = (points: readonly PointRow[]) => ({
  seriesId: points.map(({ series }) => series.id),
  atUs: points.map(({ atUs }) => atUs),
  sinceUs: points.map(({ sinceUs }) => sinceUs),
  value: points.map(({ value }) => value),
  count: points.map(({ count }) => count),
  sum: points.map(({ sum }) => sum),
  min: points.map(({ min }) => min),
  max: points.map(({ max }) => max),
  bounds: points.map(({ bounds }) => literalOf(bounds)),
  counts: points.map(({ counts }) => literalOf(counts)),
  quantiles: points.map(({ quantiles }) => literalOf(quantiles)),
  quantileValues: points.map(({ quantileValues }) => literalOf(quantileValues)),
})

/** An array as PostgreSQL reads it from text: arrays in arrays would have to be of one length. */
const literalOf = (numbers: readonly number[] | null): string | null =>
  numbers === null ? null : `{${numbers.join(',')}}`
