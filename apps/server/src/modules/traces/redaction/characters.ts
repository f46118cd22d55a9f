/** Classes of characters, by code: scanners look at every character of long texts, so these are tables. */

function tableOf(pattern: RegExp): Uint8Array {
  const table = new Uint8Array(0x10000)
  for (let code = 0; code < 0x600; code++) if (pattern.test(String.fromCharCode(code))) table[code] = 1
  return table
}

/** Letters, digits and `_`. Letters are Latin, Greek and Cyrillic: scripts without spaces never end a word. */
const wordTable = tableOf(/[\w\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u052f]/)
/** What keys and tokens are made of. */
const tokenTable = tableOf(/[\w.-]/)

export const isDigit = (code: number): boolean => code >= 48 && code <= 57
export const isWord = (code: number): boolean => wordTable[code] === 1
export const isToken = (code: number): boolean => tokenTable[code] === 1
export const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

/**
 * Whether a word may begin at `index`. JSON inside of strings writes line feeds as `\n`, whose letter belongs to no word.
 */
export function beginsWord(text: string, index: number): boolean {
  return index === 0 || !isWord(text.charCodeAt(index - 1)) || isEscape(text, index - 1)
}

/** Whether the letter at `index` belongs to an escape such as `\n`. */
export function isEscape(text: string, index: number): boolean {
  return index > 0 && text.charCodeAt(index - 1) === 92 && 'nrtbf'.includes(text.charAt(index))
}

export const endsWord = (text: string, index: number): boolean => !isWord(text.charCodeAt(index))

const nearby = 48
const longestMark = 44

/**
 * The text that precedes `index`, with the name of the whole in front where it begins nearby. Marks are no words: the one
 * in `[redacted:phone]` would say that the number behind it is one.
 */
export function wordsBefore({ text, hint }: { text: string; hint: string }, index: number): string {
  const before = text.slice(Math.max(0, index - nearby - longestMark), index)
  const words = before.replaceAll(/\[redacted:\w{1,32}\]/g, (mark) => '0'.repeat(mark.length))
  return index < nearby ? `${hint}: ${words}` : words.slice(-nearby)
}
