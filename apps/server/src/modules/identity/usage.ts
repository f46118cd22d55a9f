import type { Database } from '#platform/db'
import type { Log } from '#platform/log'
import { markUsed } from './store/sessions.ts'

/** Remembers when credentials were last used, without a write per request. */
export interface Usage {
  session(sessionId: string): void
  key(workspaceId: string, keyId: string): void
}

const flushMs = 5000

/** Collects uses and writes them together; what the last seconds held is lost when the process dies. */
export function createUsage(jobDb: Database, log: Log, scope: AsyncDisposableStack): Usage {
  let sessions = new Set<string>()
  let keys = new Map<string, string>()

  const flush = async (): Promise<void> => {
    if (sessions.size === 0 && keys.size === 0) return
    const used = { sessions, keys }
    sessions = new Set()
    keys = new Map()
    try {
      const keyList = [...used.keys].map(([keyId, workspaceId]) => ({ workspaceId, keyId }))
      await jobDb.transaction((tx) => markUsed(tx, [...used.sessions].toSorted(), keyList))
    } catch (error) {
      log.warn({ err: error }, 'the last use of credentials could not be written')
    }
  }

  const timer = setInterval(() => void flush(), flushMs)
  scope.defer(async () => {
    clearInterval(timer)
    await flush()
  })
  return {
    session: (sessionId) => void sessions.add(sessionId),
    key: (workspaceId, keyId) => void keys.set(keyId, workspaceId),
  }
}
