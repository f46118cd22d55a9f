import type { Database, Tx } from '#platform/db'
import { chunksOf } from './chunks.ts'
import { Days } from './days.ts'
import type { SpanRow } from './rows.ts'
import { appendUsage, type Arrival, insertSpans } from './store.ts'
import { sumUp, writeGroups } from './usage/summing.ts'
import type { Storage } from './writer.ts'

/** Where spans are kept. */
export function createSpanStorage(db: Database): Storage<SpanRow> {
  const days = new Days(db, 'traces')
  return {
    charsOf: ({ payload }) => payload.length,
    store: async ({ workspaceId, senderId, rows, rejected }) => {
      const chunks = await chunksOf(rows, ({ startedUs }) => startedUs)
      const usage = rows.length === 0 ? null : usageOf(rows)
      const arrival = { workspaceId, senderId, chunks, accepted: rows.length, rejected, usage }
      await days.store(
        chunks.map(({ day }) => day),
        () => db.withWorkspace(workspaceId, (tx) => store(tx, arrival)),
      )
    },
  }
}

/** Of spans that were there already nothing is added to the sums again. */
async function store(tx: Tx, arrival: Arrival): Promise<void> {
  const places = await insertSpans(tx, arrival)
  if (!places || places.length === 0) return
  const isNew = new Set(places)
  const spans = arrival.chunks.flatMap(({ id, records }) =>
    records.filter((_, place) => isNew.has(`${id} ${place}`)),
  )
  await appendUsage(tx, arrival.workspaceId, usageOf(spans))
}

const usageOf = (spans: readonly SpanRow[]): string => writeGroups(sumUp(spans))
