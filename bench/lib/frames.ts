/** One server-sent event, as it came. */
export interface Frame {
  readonly id: number | null
  readonly event: string
  /** JSON, byte for byte. */
  readonly data: string
}

/** Cuts a stream of text into server-sent events (WHATWG HTML, section 9.2, as far as Atrium uses it). */
export function createFrameReader(take: (frame: Frame) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const frame = frameOf(block)
      if (frame) take(frame)
    }
  }
}

function frameOf(block: string): Frame | undefined {
  let id: number | null = null
  let event = 'message'
  let data: string | undefined
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) id = Number(line.slice(4))
    else if (line.startsWith('event: ')) event = line.slice(7)
    else if (line.startsWith('data: ')) data = line.slice(6)
  }
  return data === undefined ? undefined : { id, event, data }
}
