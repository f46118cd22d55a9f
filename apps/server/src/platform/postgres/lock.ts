import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Place, PostgresError } from './place.ts'

/**
 * Makes this process the only user of the embedded database until disposed.
 * The lock is the kernel's own (SQLite takes it on an empty file): it ends with the process however that dies,
 * so that neither a stale file nor a reused process id can mislead.
 * @throws {PostgresError} when another process holds it.
 */
export async function lockPlace(place: Place): Promise<Disposable> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      const lock = takeLock(place.lock)
      await writeFile(place.holder, String(process.pid), { mode: 0o600 })
      return lock
    } catch (cause) {
      if (performance.now() > deadline) throw await refusal(place, cause)
      await sleep(50)
    }
  }
}

/** A process that was killed a moment ago may still be on its way out. */
const patienceMs = 1000

function takeLock(path: string): Disposable {
  const file = new DatabaseSync(path)
  try {
    file.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    file.close()
    throw cause
  }
  return { [Symbol.dispose]: () => file.close() }
}

async function refusal(place: Place, cause: unknown): Promise<Error> {
  const busy = cause instanceof Error && cause.message.includes('locked')
  if (!busy) return new PostgresError(`The data directory ${place.dataDir} cannot be locked.`, { cause })
  const pid = await readFile(place.holder, 'utf8').catch(() => '')
  const who = pid === '' ? 'Another Atrium' : `Another Atrium (pid ${pid.trim()})`
  return new PostgresError(`${who} is using ${place.dataDir}; stop it or set ATRIUM_DATA_DIR.`, { cause })
}
