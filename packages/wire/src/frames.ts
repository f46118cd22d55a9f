/** One message of a streamed body: an SSE event, or a line of NDJSON (whose `event` is empty). */
export interface Frame {
  event: string
  data: string
}

/** Cuts a streamed body into frames. Bytes may be split anywhere, also inside a code point. */
export interface FrameReader {
  push(bytes: Uint8Array): Frame[]
  /** What the body ended with, though its frame was not closed. It may be cut short. */
  end(): Frame[]
  /** A frame grew beyond the limit. Nothing more is given, nothing more is kept. */
  readonly overflowed: boolean
  /** The beginning of what belongs to no frame, such as an error that was sent as plain JSON. */
  readonly foreignText: string
}

export const maxForeignText = 64 * 1024

/** Room for an image of a few megapixels in Base64, which some providers send as one event. */
export const defaultMaxEventBytes = 32 * 1024 * 1024
