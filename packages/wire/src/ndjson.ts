import { defaultMaxEventBytes, type Frame, type FrameReader } from './frames.ts'
import { createLineReader } from './lines.ts'

/** Reads newline-delimited JSON (https://github.com/ndjson/ndjson-spec): one frame per line, blank lines skipped. */
export function createNdjsonReader(maxEventBytes = defaultMaxEventBytes): FrameReader {
  const decoder = new TextDecoder()
  const lines = createLineReader()
  let overflowed = false

  function readText(text: string): Frame[] {
    const frames: Frame[] = []
    for (const line of lines.push(text)) {
      overflowed = line.length > maxEventBytes
      if (overflowed) return frames
      if (isNotBlank(line)) frames.push(frameOf(line))
    }
    overflowed = lines.pendingLength > maxEventBytes
    return frames
  }

  return {
    push: (bytes) => (overflowed ? [] : readText(decoder.decode(bytes, { stream: true }))),
    end() {
      if (overflowed) return []
      const frames = readText(decoder.decode())
      const last = lines.end()
      if (last !== undefined && !overflowed && isNotBlank(last)) frames.push(frameOf(last))
      return frames
    },
    get overflowed() {
      return overflowed
    },
    foreignText: '',
  }
}

function isNotBlank(line: string): boolean {
  return line.trim() !== ''
}

function frameOf(data: string): Frame {
  return { event: '', data }
}
