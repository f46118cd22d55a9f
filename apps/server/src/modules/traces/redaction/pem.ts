import type { Finding, Source } from './findings.ts'

const dashes = '-----'
const beginning = `${dashes}BEGIN `
const longestLabel = 64
const longestTail = 16_384

/** Private keys as RFC 7468 writes them, also those of PGP and those whose end is missing. */
export function* findPrivateKeys({ text }: Source): Generator<Finding> {
  let from = 0
  for (let start = text.indexOf(beginning); start >= 0; start = text.indexOf(beginning, from)) {
    from = start + beginning.length
    const label = text.slice(from, from + longestLabel)
    const header = /^[A-Z\d ]*PRIVATE KEY(?: BLOCK)?-----/.exec(label)?.[0]
    if (header === undefined) continue
    const bodyStart = from + header.length
    const next = text.indexOf(dashes, bodyStart)
    from = next >= 0 && text.startsWith(`${dashes}END `, next) ? endLine(text, next) : tail(text, bodyStart)
    yield { rule: 'secret', start, end: from }
  }
}

/** Behind the dashes that close the last line. */
function endLine(text: string, start: number): number {
  const label = text.slice(start + dashes.length, start + dashes.length + longestLabel)
  const close = label.indexOf(dashes)
  return start + dashes.length + (close < 0 ? 'END '.length : close + dashes.length)
}

/** Behind whatever could belong to a key that was cut. */
function tail(text: string, start: number): number {
  const most = Math.min(text.length, start + longestTail)
  let end = start
  while (end < most && /[\w+/=\s\\:,]/.test(text.charAt(end))) end++
  return end
}
