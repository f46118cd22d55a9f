import type { Database } from '#platform/db'
import { chunksOf } from '../chunks.ts'
import { Days } from '../days.ts'
import type { Storage } from '../writer.ts'
import type { LogRow } from './rows.ts'
import { insertLogs } from './store.ts'

/** Where log records are kept. */
export function createLogStorage(db: Database): Storage<LogRow> {
  const days = new Days(db, 'logs')
  return {
    charsOf: ({ payload, message }) => payload.length + message.length,
    store: async ({ workspaceId, senderId, rows, rejected }) => {
      const chunks = await chunksOf(rows, ({ atUs }) => atUs)
      const arrival = { workspaceId, senderId, chunks, accepted: rows.length, rejected }
      await days.store(
        chunks.map(({ day }) => day),
        () => db.withWorkspace(workspaceId, (tx) => insertLogs(tx, arrival)),
      )
    },
  }
}
