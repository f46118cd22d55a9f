import { WireType } from '@bufbuild/protobuf/wire'
import type { Kind } from './kind.ts'
import { type Draft, field, message, repeated } from './message.ts'
import { bool, bytes, double, int64, text } from './scalars.ts'
import type { Attributes, AttributeValue, InstrumentationScope } from './types.ts'

/**
 * Values and attributes: opentelemetry/proto/common/v1/common.proto and opentelemetry/proto/resource/v1/resource.proto.
 */

/** Shared by all that has no attributes: most events and scopes, so it saves a map for each. */
export const noAttributes: Attributes = new Map()

interface Pair {
  key: string
  value: AttributeValue
}

/** Adds a pair to the attributes of something; of two of one name the last one counts. */
export function putAttribute(owner: { attributes: Attributes }, { key, value }: Pair): void {
  if (owner.attributes === noAttributes) owner.attributes = new Map()
  // Every map but the shared one was made here.
  const own = owner.attributes as Map<string, AttributeValue>
  own.set(key, value)
}

interface Holder {
  value: AttributeValue
}

/** `AnyValue`. One without content is null. */
export const anyValue: Kind<AttributeValue> = {
  wires: [WireType.LengthDelimited],
  fromProto(source, wire) {
    source.progress.enterValue()
    const { value } = holder.fromProto(source, wire)
    source.progress.leaveValue()
    return value
  },
  fromJson(json, progress) {
    progress.enterValue()
    const { value } = holder.fromJson(json, progress)
    progress.leaveValue()
    return value
  },
}

/** `KeyValue`. */
export const pair = message<Pair>(
  () => ({ key: '', value: null }),
  [
    field(1, 'key', text, (target, key) => {
      target.key = key
    }),
    field(2, 'value', anyValue, (target, value) => {
      target.value = value
    }),
  ],
)

const arrayValue = message<AttributeValue[]>(
  () => [],
  [repeated(1, 'values', anyValue, (items, value) => items.push(value))],
)

const keyValueList = message<{ attributes: Attributes }>(
  () => ({ attributes: noAttributes }),
  [repeated(1, 'values', pair, putAttribute)],
)

function hold(target: Holder, value: AttributeValue): void {
  target.value = value
}

const holder: Kind<Holder> = message<Holder>(
  () => ({ value: null }),
  [
    field(1, 'stringValue', text, hold),
    field(2, 'boolValue', bool, hold),
    field(3, 'intValue', int64, hold),
    field(4, 'doubleValue', double, hold),
    field(5, 'arrayValue', arrayValue, hold),
    field(6, 'kvlistValue', keyValueList, (target, { attributes }) => hold(target, attributes)),
    field(7, 'bytesValue', bytes, hold),
  ],
)

export const resource = message<{ attributes: Attributes }>(
  () => ({ attributes: noAttributes }),
  [repeated(1, 'attributes', pair, putAttribute)],
)

export function emptyScope(): Draft<InstrumentationScope> {
  return { name: '', version: '', attributes: noAttributes }
}

export const scope = message<Draft<InstrumentationScope>>(emptyScope, [
  field(1, 'name', text, (target, name) => {
    target.name = name
  }),
  field(2, 'version', text, (target, version) => {
    target.version = version
  }),
  repeated(3, 'attributes', pair, putAttribute),
])
