import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Attributes, AttributeValue, Batch, OtlpSpan, SpanEvent, SpanLink } from './types.ts'

/** Writes `ExportTraceServiceRequest`. Fields at their defaults are left out, as proto3 does. */
export function tracesToProto(batches: readonly Batch<OtlpSpan>[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const { resource, scope, records } of batches) {
    nested(writer, 1, () => {
      nested(writer, 1, () => attributes(writer, 1, resource))
      nested(writer, 2, () => {
        nested(writer, 1, () => {
          text(writer, 1, scope.name)
          text(writer, 2, scope.version)
          attributes(writer, 3, scope.attributes)
        })
        for (const span of records) nested(writer, 2, () => writeSpan(writer, span))
      })
    })
  }
  return writer.finish()
}

function writeSpan(writer: BinaryWriter, span: OtlpSpan): void {
  identifier(writer, 1, span.traceId)
  identifier(writer, 2, span.spanId)
  text(writer, 3, span.traceState)
  identifier(writer, 4, span.parentSpanId)
  text(writer, 5, span.name)
  varint(writer, 6, span.kind)
  moment(writer, 7, span.startNs)
  moment(writer, 8, span.endNs)
  attributes(writer, 9, span.attributes)
  varint(writer, 10, droppedCount(span))
  for (const event of span.events) nested(writer, 11, () => writeEvent(writer, event))
  for (const link of span.links) nested(writer, 13, () => writeLink(writer, link))
  nested(writer, 15, () => {
    text(writer, 2, span.status.message)
    varint(writer, 3, span.status.code)
  })
}

/** Three counts of 32 bits may have become one; what does not fit is told as the most that does. */
export function droppedCount({ dropped }: OtlpSpan): number {
  return Math.min(dropped, 2 ** 32 - 1)
}

function writeEvent(writer: BinaryWriter, event: SpanEvent): void {
  moment(writer, 1, event.timeNs)
  text(writer, 2, event.name)
  attributes(writer, 3, event.attributes)
}

function writeLink(writer: BinaryWriter, link: SpanLink): void {
  identifier(writer, 1, link.traceId)
  identifier(writer, 2, link.spanId)
  attributes(writer, 4, link.attributes)
}

function attributes(writer: BinaryWriter, number: number, pairs: Attributes): void {
  for (const [key, value] of pairs) {
    nested(writer, number, () => {
      text(writer, 1, key)
      nested(writer, 2, () => writeValue(writer, value))
    })
  }
}

function writeValue(writer: BinaryWriter, value: AttributeValue): void {
  if (value === null) return
  if (typeof value === 'string') writer.tag(1, WireType.LengthDelimited).string(value)
  else if (typeof value === 'boolean') writer.tag(2, WireType.Varint).bool(value)
  else if (isWhole(value)) writer.tag(3, WireType.Varint).int64(value)
  else if (typeof value === 'number') writer.tag(4, WireType.Bit64).double(value)
  else if (value instanceof Uint8Array) writer.tag(7, WireType.LengthDelimited).bytes(value)
  else if (value instanceof Map) nested(writer, 6, () => attributes(writer, 1, value))
  else nested(writer, 5, () => writeItems(writer, value as readonly AttributeValue[]))
}

function writeItems(writer: BinaryWriter, items: readonly AttributeValue[]): void {
  for (const item of items) nested(writer, 1, () => writeValue(writer, item))
}

/** Whether a value is written as an integer; -0 is not, since integers have no sign of zero. */
export function isWhole(value: AttributeValue): value is number | bigint {
  return typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))
}

function nested(writer: BinaryWriter, number: number, write: () => void): void {
  writer.tag(number, WireType.LengthDelimited).fork()
  write()
  writer.join()
}

function text(writer: BinaryWriter, number: number, value: string): void {
  if (value !== '') writer.tag(number, WireType.LengthDelimited).string(value)
}

function identifier(writer: BinaryWriter, number: number, digits: string): void {
  if (digits !== '') writer.tag(number, WireType.LengthDelimited).bytes(Buffer.from(digits, 'hex'))
}

function varint(writer: BinaryWriter, number: number, value: number): void {
  if (value !== 0) writer.tag(number, WireType.Varint).uint32(value)
}

function moment(writer: BinaryWriter, number: number, ns: bigint): void {
  if (ns !== 0n) writer.tag(number, WireType.Bit64).fixed64(ns)
}
