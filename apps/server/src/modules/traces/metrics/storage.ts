import type { Database } from '#platform/db'
import { dayOf } from '../chunks.ts'
import { Days } from '../days.ts'
import type { Storage } from '../writer.ts'
import type { PointRow } from './rows.ts'
import { insertPoints } from './store.ts'

/** Where points of metrics are kept. */
export function createPointStorage(db: Database): Storage<PointRow> {
  const days = new Days(db, 'metrics')
  return {
    charsOf: ({ series: { attributes, resource, scope }, bounds, counts }) =>
      200 +
      attributes.length +
      resource.length +
      scope.length +
      20 * ((bounds?.length ?? 0) + (counts?.length ?? 0)),
    store: async ({ workspaceId, senderId, rows, rejected }) => {
      const arrival = { workspaceId, senderId, points: rows, accepted: rows.length, rejected }
      await days.store(
        rows.map(({ atUs }) => dayOf(atUs)),
        () => db.withWorkspace(workspaceId, (tx) => insertPoints(tx, arrival)),
      )
    },
  }
}
