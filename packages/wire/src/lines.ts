/** Splits text that arrives in pieces into lines ended by LF, CR or CRLF, wherever the pieces are cut. */
export interface LineReader {
  push(text: string): string[]
  /** The line that was not ended, or nothing. */
  end(): string | undefined
  /** Characters held back because their line has not ended. */
  readonly pendingLength: number
}

export function createLineReader(): LineReader {
  // Only ever appended to, never searched: a long line in many pieces stays a rope and costs no copying.
  let rest = ''
  let afterCarriageReturn = false

  function push(text: string): string[] {
    const lines: string[] = []
    let start = 0
    if (afterCarriageReturn && text.length > 0) {
      afterCarriageReturn = false
      if (text.charCodeAt(0) === lineFeed) start = 1
    }
    let lf = text.indexOf('\n', start)
    let cr = text.indexOf('\r', start)
    while (lf !== -1 || cr !== -1) {
      const endsAt = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr
      lines.push(rest + text.slice(start, endsAt))
      rest = ''
      start = endsAt + 1
      if (endsAt === cr) {
        if (start === text.length) afterCarriageReturn = true
        else if (text.charCodeAt(start) === lineFeed) start += 1
      }
      if (lf !== -1 && lf < start) lf = text.indexOf('\n', start)
      if (cr !== -1 && cr < start) cr = text.indexOf('\r', start)
    }
    rest += start === 0 ? text : text.slice(start)
    return lines
  }

  return {
    push,
    end() {
      const last = rest
      rest = ''
      return last === '' ? undefined : last
    },
    get pendingLength() {
      return rest.length
    },
  }
}

const lineFeed = 10
