import { BinaryReader } from '@bufbuild/protobuf/wire'
import type { Progress } from './progress.ts'

/**
 * The bytes of a protobuf body: the library's reader, and what OTLP needs beside it.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtoSource {
  readonly reader: BinaryReader
  readonly progress: Progress
  private readonly bytes: Buffer
  private readonly view: DataView

  constructor(body: Uint8Array, progress: Progress) {
    this.reader = new BinaryReader(body)
    this.progress = progress
    this.bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    this.view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  }

  /** The end of what has a length before it: a text, bytes, a message, or packed numbers. */
  end(): number {
    const length = this.reader.uint32()
    const end = this.reader.pos + length
    if (end > this.reader.len) this.progress.fail('is cut off')
    return end
  }

  /** Bytes that are no UTF-8 become U+FFFD. */
  text(): string {
    return this.reader.string()
  }

  hex(): string {
    const end = this.end()
    const start = this.reader.pos
    this.reader.pos = end
    return this.bytes.toString('hex', start, end)
  }

  /** A copy, so that a value does not keep the whole body alive. */
  copy(): Uint8Array {
    return this.reader.bytes().slice()
  }

  fixed64(): bigint {
    const start = this.reader.pos
    this.reader.pos = start + 8
    return this.view.getBigUint64(start, true)
  }

  sfixed64(): bigint {
    return BigInt.asIntN(64, this.fixed64())
  }
}
