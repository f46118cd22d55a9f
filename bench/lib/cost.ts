import type { Atrium } from './atrium.ts'
import { processorMs } from './processes.ts'

/** Processor time, which other programs on the machine lengthen little. */
export interface Cost {
  readonly nodeMs: number
  readonly databaseMs: number
}

/** What `work` costs the server: Node, and the processes of PostgreSQL that live through it. */
export async function costOf<T>(
  atrium: Atrium,
  work: () => Promise<T>,
): Promise<Cost & { readonly result: T }> {
  const before = await readings(atrium)
  const result = await work()
  const after = await readings(atrium)
  return { result, nodeMs: after.nodeMs - before.nodeMs, databaseMs: after.databaseMs - before.databaseMs }
}

async function readings(atrium: Atrium): Promise<Cost> {
  const database = (await atrium.tree()).filter((pid) => pid !== atrium.pid)
  const times = await Promise.all(database.map(processorMs))
  return { nodeMs: await processorMs(atrium.pid), databaseMs: times.reduce((sum, ms) => sum + ms, 0) }
}
