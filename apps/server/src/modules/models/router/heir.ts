import type { Heir } from '#modules/ledger'
import type { Log } from '#platform/log'
import { storableCall, storeCallsApart } from '../store.ts'
import { interruptedRow } from './call-row.ts'
import type { CallsWriter } from './calls-writer.ts'

const batchRows = 500

/** Stores the rows that processes have left which died, and rows for the calls that were under way in them. */
export function createHeir(writer: Pick<CallsWriter, 'waiting'>, log: Log): Heir {
  return {
    unstored: () => writer.waiting(),
    inherit: async (tx, { records, interrupted }) => {
      const rows = interrupted.map(interruptedRow).filter((row) => row !== undefined)
      const calls = [...records, ...rows.map(storableCall)]
      for (let from = 0; from < calls.length; from += batchRows)
        for (const { id } of await storeCallsApart(tx, calls.slice(from, from + batchRows)))
          log.error({ callId: id }, 'a model call of a process that died could not be recorded')
    },
  }
}
