import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { tracesToJson } from './encode-json.ts'
import { tracesToProto } from './encode-proto.ts'
import type { Batch, Encoding, OtlpSpan } from './types.ts'

/**
 * Writes the body of a request to `/v1/traces`; what was dropped is told as attributes.
 * @throws Error for an integer of more than 64 bits
 */
export function encodeTraces(batches: readonly Batch<OtlpSpan>[], encoding: Encoding): Uint8Array {
  return encoding === 'json' ? tracesToJson(batches) : tracesToProto(batches)
}

export type Signal = 'traces' | 'logs' | 'metrics'

/** Records that were refused, out of a request that was accepted otherwise; none with a message is a warning. */
export interface PartialSuccess {
  readonly rejected: number
  readonly message: string
}

const rejectedNames: Record<Signal, string> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
}

/**
 * The body of 200: `Export…ServiceResponse`, with null for a request that was accepted as a whole.
 * Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
export function encodeExportResponse(
  signal: Signal,
  partial: PartialSuccess | null,
  encoding: Encoding,
): Uint8Array {
  if (encoding === 'json') {
    if (!partial) return json({})
    const { rejected, message: errorMessage } = partial
    return json({ partialSuccess: { [rejectedNames[signal]]: String(rejected), errorMessage } })
  }
  const writer = new BinaryWriter()
  if (!partial) return writer.finish()
  writer.tag(1, WireType.LengthDelimited).fork()
  if (partial.rejected !== 0) writer.tag(1, WireType.Varint).int64(partial.rejected)
  if (partial.message !== '') writer.tag(2, WireType.LengthDelimited).string(partial.message)
  return writer.join().finish()
}

/**
 * The body of 4xx and 5xx: `google.rpc.Status`, with a gRPC code such as 3 for an invalid argument.
 * Source: https://opentelemetry.io/docs/specs/otlp/#failures
 */
export function encodeStatus(code: number, message: string, encoding: Encoding): Uint8Array {
  if (encoding === 'json') return json({ code, message })
  const writer = new BinaryWriter()
  if (code !== 0) writer.tag(1, WireType.Varint).int32(code)
  if (message !== '') writer.tag(2, WireType.LengthDelimited).string(message)
  return writer.finish()
}

function json(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
