import type { Database } from '#platform/db'
import { chunksOf } from './chunks.ts'
import { Days } from './days.ts'
import type { SpanRow } from './rows.ts'
import { insertSpans } from './store.ts'
import type { Storage } from './writer.ts'

/** Where spans are kept. */
export function createSpanStorage(db: Database): Storage<SpanRow> {
  const days = new Days(db, 'traces')
  return {
    charsOf: ({ payload }) => payload.length,
    store: async ({ workspaceId, senderId, rows, rejected }) => {
      const chunks = await chunksOf(rows, ({ startedUs }) => startedUs)
      const arrival = { workspaceId, senderId, chunks, accepted: rows.length, rejected }
      await days.store(
        chunks.map(({ day }) => day),
        () => db.withWorkspace(workspaceId, (tx) => insertSpans(tx, arrival)),
      )
    },
  }
}
