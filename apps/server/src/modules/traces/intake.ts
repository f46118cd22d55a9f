import { OtlpFormatError, OtlpLimitError, type Encoding, type PartialSuccess } from '@atrium/wire/otlp'
import { gather, type Unfit } from './admission.ts'
import { traceErrors } from './errors.ts'
import type { Writer } from './writer.ts'

/** One request may carry this many records. */
const maxRecords = 100_000

/** Who sends: a key of a workspace. */
export interface Sender {
  readonly workspaceId: string
  readonly senderId: string
}

/**
 * Takes the body of a request of one signal, and answers once what it carried is committed: null when all of it was, else
 * what was not fit to be stored.
 * @throws AppError for a body of which nothing was stored
 */
export type Intake = (sender: Sender, body: Uint8Array, encoding: Encoding) => Promise<PartialSuccess | null>

/** How records of one signal become rows. */
export interface IntakeOptions<Sent, Row extends object> {
  readonly decode: (
    body: Uint8Array,
    encoding: Encoding,
    limits: { readonly maxRecords: number },
  ) => readonly Sent[]
  readonly admit: (batches: readonly Sent[], nowMs: number) => Iterable<Row | Unfit>
  readonly writer: Writer<Row>
  readonly now: () => Date
}

export function createIntake<Sent, Row extends object>({
  decode,
  admit,
  writer,
  now,
}: IntakeOptions<Sent, Row>): Intake {
  return async (sender, body, encoding) => {
    const batches = decoded(() => decode(body, encoding, { maxRecords }))
    const { charsOf } = writer
    const { rows, rejected, message } = await gather(admit(batches, now().getTime()), { charsOf })
    if (rows.length > 0 || rejected > 0) await writer.write({ ...sender, rows, rejected })
    return rejected === 0 ? null : { rejected, message }
  }
}

function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof OtlpLimitError) throw traceErrors.tooMany(maxRecords)
    if (error instanceof OtlpFormatError) throw traceErrors.malformed(error.message)
    throw error
  }
}
