import { type Draft, field, record, repeated } from './message.ts'
import { requestOf } from './request.ts'
import { enumOf, fixed64, hex, text } from './scalars.ts'
import type { OtlpLog } from './types.ts'
import { anyValue, noAttributes, pair, putAttribute } from './values.ts'

/** Log records: opentelemetry/proto/logs/v1/logs.proto. */

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

const severity = enumOf([
  'SEVERITY_NUMBER_UNSPECIFIED',
  ...levels.flatMap((level) => ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${level}${step}`)),
])

function emptyLog(): Draft<OtlpLog> {
  return {
    timeNs: 0n,
    observedNs: 0n,
    severity: 0,
    severityText: '',
    eventName: '',
    body: null,
    attributes: noAttributes,
    traceId: '',
    spanId: '',
  }
}

const log = record<Draft<OtlpLog>>(emptyLog, [
  field(1, 'timeUnixNano', fixed64, (target, timeNs) => {
    target.timeNs = timeNs
  }),
  field(2, 'severityNumber', severity, (target, number) => {
    target.severity = number
  }),
  field(3, 'severityText', text, (target, severityText) => {
    target.severityText = severityText
  }),
  field(5, 'body', anyValue, (target, body) => {
    target.body = body
  }),
  repeated(6, 'attributes', pair, putAttribute),
  field(9, 'traceId', hex, (target, traceId) => {
    target.traceId = traceId
  }),
  field(10, 'spanId', hex, (target, spanId) => {
    target.spanId = spanId
  }),
  field(11, 'observedTimeUnixNano', fixed64, (target, observedNs) => {
    target.observedNs = observedNs
  }),
  field(12, 'eventName', text, (target, eventName) => {
    target.eventName = eventName
  }),
])

/** `ExportLogsServiceRequest`. */
export const logsRequest = requestOf<OtlpLog>('resourceLogs', 'scopeLogs', 'logRecords', log)
