import type { WireType } from '@bufbuild/protobuf/wire'
import type { Progress } from './progress.ts'
import type { ProtoSource } from './proto-source.ts'

/** How one type of field is read from either encoding. Both ways throw {@link OtlpFormatError}. */
export interface Kind<T> {
  /** The wire types it may have in protobuf. */
  readonly wires: readonly WireType[]
  fromProto(source: ProtoSource, wire: WireType): T
  fromJson(value: unknown, progress: Progress): T
}
