import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import { readStale } from '../views.ts'
import type { Refresher } from './refresh.ts'

const batch = 50
const atOnce = 10

/** Reads the lists of connections that were not read for a day, a few at a time. */
export async function refreshStale(jobDb: Database, refresher: Refresher, log: Log): Promise<void> {
  const stale = await jobDb.transaction((tx) => readStale(tx, batch))
  for (let place = 0; place < stale.length; place += atOnce) {
    const some = stale.slice(place, place + atOnce)
    await Promise.all(
      some.map(({ workspaceId, id }) =>
        refresher.refresh(workspaceId, id).catch((error: unknown) => {
          log.warn({ err: error, connectionId: id }, 'a model list could not be read again')
        }),
      ),
    )
  }
}
