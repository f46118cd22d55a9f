import { OtlpFormatError, OtlpLimitError } from './errors.ts'
import { parseJsonBody } from './json-text.ts'
import { logsRequest } from './logs.ts'
import type { MessageKind } from './message.ts'
import { metricsRequest } from './metrics.ts'
import { type OtlpLimits, Progress } from './progress.ts'
import { ProtoSource } from './proto-source.ts'
import { traceRequest } from './traces.ts'
import type { Batch, Encoding, OtlpLog, OtlpMetric, OtlpSpan } from './types.ts'

/**
 * Reads the body of a request to `/v1/traces`. Unknown fields are passed over, as OTLP demands, and so are scopes
 * without spans. A value may be nested 16 levels deep and JSON 64, which is 13 levels of maps in maps.
 * @throws OtlpFormatError for a body that is not valid
 * @throws OtlpLimitError for a body of more than `limits`
 */
export function decodeTraces(
  body: Uint8Array,
  encoding: Encoding,
  limits?: Partial<OtlpLimits>,
): Batch<OtlpSpan>[] {
  return decode(traceRequest, body, encoding, limits)
}

/** Reads the body of a request to `/v1/logs`, as {@link decodeTraces} does. */
export function decodeLogs(
  body: Uint8Array,
  encoding: Encoding,
  limits?: Partial<OtlpLimits>,
): Batch<OtlpLog>[] {
  return decode(logsRequest, body, encoding, limits)
}

/**
 * Reads the body of a request to `/v1/metrics`, as {@link decodeTraces} does. The limit of records is one of points,
 * and metrics without points are passed over.
 */
export function decodeMetrics(
  body: Uint8Array,
  encoding: Encoding,
  limits?: Partial<OtlpLimits>,
): Batch<OtlpMetric>[] {
  return decode(metricsRequest, body, encoding, limits)
}

function decode<T>(
  request: MessageKind<{ batches: Batch<T>[] }>,
  body: Uint8Array,
  encoding: Encoding,
  limits?: Partial<OtlpLimits>,
): Batch<T>[] {
  const progress = new Progress(limits)
  if (encoding === 'json') return request.fromJson(parseJsonBody(body, progress), progress).batches
  try {
    return request.rootFromProto(new ProtoSource(body, progress)).batches
  } catch (error) {
    if (error instanceof OtlpFormatError || error instanceof OtlpLimitError || error instanceof TypeError) {
      throw error
    }
    // The library's own errors: a number that is cut off or too long, or groups nested without end.
    return progress.fail('is cut off or not valid protobuf', error)
  }
}
