/**
 * Full-width letters, digits of other scripts and characters that take no room are ways around a filter, and happen
 * without intent in East Asian and Arabic text. Scanners therefore read a folded text: ASCII forms instead of full-width
 * ones, ASCII digits, plain spaces and hyphens, and nothing in place of what cannot be seen. What goes is the original.
 */
export interface Folded {
  readonly text: string
  /** The part of the original that `[start, end)` of the folded text stands for. */
  originOf(start: number, end: number): { start: number; end: number }
}

const invisible = String.raw`\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff`
const spaces = String.raw`\u00a0\u2000-\u200a\u202f\u205f\u3000`
const dashes = String.raw`\u2010-\u2015\u2212\ufe58\ufe63`
const widened = String.raw`\uff01-\uff5e`
/** Arabic, Persian, N'Ko, the scripts of India, Thai, Lao, Tibetan, Myanmar, Khmer, Mongolian. */
const otherDigits = [
  String.raw`\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0ae6-\u0aef`,
  String.raw`\u0b66-\u0b6f\u0be6-\u0bef\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f\u0e50-\u0e59\u0ed0-\u0ed9`,
  String.raw`\u0f20-\u0f29\u1040-\u1049\u17e0-\u17e9\u1810-\u1819`,
].join('')
/** Mathematical digits, and tags. */
const beyondPlane = String.raw`\ud835[\udfce-\udfff]|\udb40[\udc00-\udc7f]`
/** Spaces and dashes matter only beside digits. */
const foldable = new RegExp(`[${invisible}${widened}${otherDigits}]|[0-9][${spaces}${dashes}]|${beyondPlane}`)
/** Few ranges, which most texts are free of, curly quotes or not: a regular expression takes time for each range. */
const perhapsFoldable = new RegExp(
  String.raw`[\u034f-\u2015\u202a-\u202f\u205f-\u206f\u2212\u3000\ud835\udb40\ufe00-\uff5e\ufeff]`,
)

const isPerhapsFoldable = (text: string): boolean =>
  text.includes('\u00a0') || text.includes('\u00ad') || perhapsFoldable.test(text)

const drop = -1
const invisibleOne = new RegExp(`[${invisible}]`)
const spaceOne = new RegExp(`[${spaces}]`)
const dashOne = new RegExp(`[${dashes}]`)
const decimalDigit = /\p{Nd}/u

/** Undefined where folding would change nothing that a scanner looks for. */
export function fold(text: string): Folded | undefined {
  if (!isPerhapsFoldable(text) || !foldable.test(text)) return undefined
  const codes = new Uint16Array(text.length)
  const origins = new Uint32Array(text.length + 1)
  const known = new Map<number, number>()
  let length = 0
  for (let index = 0; index < text.length;) {
    const point = text.codePointAt(index) ?? 0
    const width = point > 0xffff ? 2 : 1
    const folded = foldPoint(point, known)
    if (folded !== drop) {
      const asIs = folded > 0xffff
      origins[length] = index
      codes[length++] = asIs ? text.charCodeAt(index) : folded
      if (asIs) {
        origins[length] = index + 1
        codes[length++] = text.charCodeAt(index + 1)
      }
    }
    index += width
  }
  origins[length] = text.length
  const bytes = Buffer.from(codes.buffer, 0, length * 2)
  return {
    text: bytes.toString('utf16le'),
    originOf: (start, end) => ({ start: origins[start] ?? 0, end: originEnd(text, origins[end - 1] ?? 0) }),
  }
}

/** After the character that begins at `index`. */
function originEnd(text: string, index: number): number {
  return index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1)
}

/** @param known folded points of this text: the rare ones cost a few regular expressions each */
function foldPoint(point: number, known: Map<number, number>): number {
  if (point < 0x80) return point
  if (point >= 0xff01 && point <= 0xff5e) return point - 0xfee0
  if (point >= 0x3040 && point <= 0xdfff) return point
  const before = known.get(point)
  if (before !== undefined) return before
  const folded = foldRare(point)
  known.set(point, folded)
  return folded
}

function foldRare(point: number): number {
  const character = String.fromCodePoint(point)
  if (point >= 0xe0000 && point <= 0xe007f) return drop
  if (invisibleOne.test(character)) return drop
  if (spaceOne.test(character)) return 32
  if (dashOne.test(character)) return 45
  return decimalDigit.test(character) ? 48 + digitValue(point) : point
}

/** Decimal digits of a script are ten in a row, from zero on: https://www.unicode.org/reports/tr44/#Numeric_Type */
function digitValue(point: number): number {
  let zero = point
  while (decimalDigit.test(String.fromCodePoint(zero - 1))) zero--
  // Mathematical digits are five rows without a gap.
  return (point - zero) % 10
}
