export { decodeLogs, decodeMetrics, decodeTraces } from './decode.ts'
export {
  encodeExportResponse,
  encodeStatus,
  encodeTraces,
  type PartialSuccess,
  type Signal,
} from './encode.ts'
export { OtlpFormatError, OtlpLimitError } from './errors.ts'
export { defaultLimits, type OtlpLimits } from './progress.ts'
export * from './types.ts'
