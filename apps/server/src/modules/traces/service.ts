import type { Identity } from '#modules/identity'
import type { Platform } from '#platform/platform'
import { createReading, type Reading } from './reading.ts'
import type { ReceiverOptions } from './receive.ts'
import { createRedactor, defaultRules } from './redaction/index.ts'
import { GroupingWriter } from './writer.ts'

/** What the faces of this module work with. */
export interface Traces {
  readonly receiver: ReceiverOptions
  readonly reading: Reading
}

export function createTraces({
  identity,
  log,
  db,
  clock,
}: Platform & { readonly identity: Identity }): Traces {
  const redactor = createRedactor(defaultRules)
  return {
    receiver: { identity, log, redactor, writer: new GroupingWriter(db), now: clock.now },
    reading: createReading(db),
  }
}
