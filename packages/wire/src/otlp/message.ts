import { WireType } from '@bufbuild/protobuf/wire'
import type { Kind } from './kind.ts'
import type { Progress } from './progress.ts'
import type { ProtoSource } from './proto-source.ts'

/** A type that can be filled field by field. */
export type Draft<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K]
}

/** A field of a message: its number in protobuf, its name in JSON, and what its value does to the message. */
export interface Field<M> {
  readonly number: number
  readonly name: string
  readonly repeated: boolean
  // The type of the value stays between the kind and its setter, so a list may hold fields of many types.
  readonly kind: Kind<unknown>
  readonly set: (message: M, value: never) => void
}

export function field<M, T>(
  number: number,
  name: string,
  kind: Kind<T>,
  set: (message: M, value: T) => void,
): Field<M> {
  return { number, name, repeated: false, kind, set }
}

/** A field that may come many times; `set` is called for each. */
export function repeated<M, T>(
  number: number,
  name: string,
  kind: Kind<T>,
  add: (message: M, value: T) => void,
): Field<M> {
  return { number, name, repeated: true, kind, set: add }
}

/** Messages of one type. A field that comes twice without being repeated counts as it came last. */
export function message<M>(create: () => M, fields: readonly Field<M>[]): MessageKind<M> {
  return new MessageKind(create, fields)
}

/** The same, counted as a record. */
export function record<M>(create: () => M, fields: readonly Field<M>[]): Kind<M> {
  const kind = new MessageKind(create, fields)
  return {
    wires: kind.wires,
    fromProto(source) {
      source.progress.countRecord()
      return kind.fromProto(source)
    },
    fromJson(value, progress) {
      progress.countRecord()
      return kind.fromJson(value, progress)
    },
  }
}

/** Numbers in a row, which protobuf may write as one field or as many. */
export function packed<T>(kind: Kind<T>): Kind<readonly T[]> {
  return {
    wires: [WireType.LengthDelimited, ...kind.wires],
    fromProto(source, wire) {
      if (wire !== WireType.LengthDelimited) return [kind.fromProto(source, wire)]
      const end = source.end()
      const values: T[] = []
      while (source.reader.pos < end) values.push(kind.fromProto(source, wire))
      if (source.reader.pos !== end) source.progress.fail('is cut off')
      return values
    },
    fromJson(value, progress) {
      if (!Array.isArray(value)) return progress.fail('must be an array')
      return value.map((item) => kind.fromJson(item, progress))
    },
  }
}

/** Reads messages of one type by their fields. Unknown fields are passed over. */
export class MessageKind<M> implements Kind<M> {
  readonly wires = [WireType.LengthDelimited]
  private readonly create: () => M
  private readonly byNumber: readonly (Field<M> | undefined)[]
  private readonly byName: ReadonlyMap<string, Field<M>>

  constructor(create: () => M, fields: readonly Field<M>[]) {
    this.create = create
    const byNumber: (Field<M> | undefined)[] = Array.from({ length: 17 })
    for (const field of fields) byNumber[field.number] = field
    this.byNumber = byNumber
    this.byName = new Map(fields.map((field) => [field.name, field]))
  }

  fromProto(source: ProtoSource): M {
    source.progress.countMessage()
    const end = source.end()
    const target = this.create()
    this.readFields(source, end, target)
    return target
  }

  /** A message at the root of a body has no length before it. */
  rootFromProto(source: ProtoSource): M {
    const target = this.create()
    this.readFields(source, source.reader.len, target)
    return target
  }

  private readFields(source: ProtoSource, end: number, target: M): void {
    const { progress, reader } = source
    let previous: Field<M> | undefined
    let index = 0
    while (reader.pos < end) {
      const [number, wire] = reader.tag()
      const field = this.byNumber[number]
      if (!field) {
        reader.skip(wire, number)
        continue
      }
      index = field === previous ? index + 1 : 0
      previous = field
      progress.enter(field.name, field.repeated ? index : -1)
      if (!field.kind.wires.includes(wire)) progress.fail(`has the wrong wire type ${wire}`)
      // The setter takes what its own kind gives.
      field.set(target, field.kind.fromProto(source, wire) as never)
      progress.leave()
    }
    if (reader.pos !== end) progress.fail('is cut off')
  }

  fromJson(value: unknown, progress: Progress): M {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return progress.fail('must be an object')
    }
    const target = this.create()
    // Only own members come from a parsed body, and no field has the name of an inherited one.
    for (const name in value) {
      const field = this.byName.get(name)
      if (field) this.readMember(field, (value as Record<string, unknown>)[name], target, progress)
    }
    return target
  }

  private readMember(field: Field<M>, value: unknown, target: M, progress: Progress): void {
    // null means absent.
    if (value === null) return
    if (field.repeated) return this.readItems(field, value, target, progress)
    progress.enter(field.name, -1)
    field.set(target, field.kind.fromJson(value, progress) as never)
    progress.leave()
  }

  private readItems(field: Field<M>, items: unknown, target: M, progress: Progress): void {
    progress.enter(field.name, -1)
    if (!Array.isArray(items)) return progress.fail('must be an array')
    progress.leave()
    for (let index = 0; index < items.length; index++) {
      progress.enter(field.name, index)
      field.set(target, field.kind.fromJson(items[index], progress) as never)
      progress.leave()
    }
  }
}
