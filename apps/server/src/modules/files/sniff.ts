import { fileErrors } from './errors.ts'

/** What a file turned out to be. */
export interface Sniffed {
  readonly mediaType: string
  readonly kind: 'image' | 'text'
}

/** What the client says of a file. */
export interface Claim {
  readonly name: string
  readonly mediaType: string
}

const imageTypes = new Map([
  ['image/png', 'image/png'],
  ['image/apng', 'image/png'],
  ['image/jpeg', 'image/jpeg'],
  ['image/webp', 'image/webp'],
  ['image/gif', 'image/gif'],
])

/** Documents that may consist of text alone and yet are none for a reader. */
const notProse = new Map([
  ['application/pdf', 'a PDF document'],
  ['application/rtf', 'an RTF document'],
  ['application/postscript', 'a PostScript document'],
  ['application/eps', 'a PostScript document'],
])

const textTypes = new Map([
  ['md', 'text/markdown'],
  ['markdown', 'text/markdown'],
  ['csv', 'text/csv'],
  ['json', 'application/json'],
])

/** So much of the beginning tells every type that is accepted. */
const headBytes = 4100

/**
 * Looks at a file's bytes as they pass by. The type is decided by the content alone; a client that claims another kind
 * of thing is refused.
 */
export class Sniffer {
  readonly #claim: Claim
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #head = Buffer.alloc(0)
  #image: string | undefined
  #decided = false
  #size = 0

  constructor(claim: Claim) {
    this.#claim = claim
  }

  /**
   * Passes the bytes on, and stops at the first that cannot be right.
   * @throws AppError 415
   */
  async *watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#size += chunk.byteLength
      await this.#look(chunk)
      yield chunk
    }
    if (!this.#decided) await this.#decide()
    if (this.#image === undefined) this.#finishText()
  }

  /**
   * What it was; call after the last byte.
   * @throws AppError 400 for an empty file
   */
  result(): Sniffed {
    if (this.#size === 0) throw fileErrors.empty()
    if (this.#image !== undefined) return { mediaType: this.#image, kind: 'image' }
    const extension = this.#claim.name.slice(this.#claim.name.lastIndexOf('.') + 1).toLowerCase()
    return { mediaType: textTypes.get(extension) ?? 'text/plain', kind: 'text' }
  }

  async #look(chunk: Uint8Array): Promise<void> {
    if (this.#decided) {
      if (this.#image === undefined) this.#checkText(chunk)
      return
    }
    this.#head = Buffer.concat([this.#head, chunk])
    if (this.#head.length >= headBytes) await this.#decide()
  }

  async #decide(): Promise<void> {
    this.#decided = true
    // The table of types is loaded for the first file.
    const { fileTypeFromBuffer } = await import('file-type')
    const found = await fileTypeFromBuffer(this.#head.subarray(0, headBytes))
    this.#image = found && imageTypes.get(found.mime)
    const claimsImage = /^image\/(?!svg)/.test(this.#claim.mediaType)
    if (this.#image !== undefined) {
      if (!claimsImage && !isVague(this.#claim.mediaType))
        throw fileErrors.lying(this.#claim.mediaType, `an image (${this.#image})`)
      return
    }
    const document = found && notProse.get(found.mime)
    if (document !== undefined) throw fileErrors.unsupported(document)
    this.#checkText(this.#head, found?.mime)
    if (claimsImage) throw fileErrors.lying(this.#claim.mediaType, 'text')
  }

  #checkText(bytes: Uint8Array, guess?: string): void {
    if (bytes.includes(0))
      throw fileErrors.unsupported(guess ? `a file of the type ${guess}` : 'a binary file')
    try {
      this.#decoder.decode(bytes, { stream: true })
    } catch {
      throw fileErrors.unsupported(
        guess ? `a file of the type ${guess}` : 'a binary file or a text that is not UTF-8',
      )
    }
  }

  #finishText(): void {
    try {
      this.#decoder.decode()
    } catch {
      throw fileErrors.unsupported('a text whose last character is cut off')
    }
  }
}

/** A claim that says nothing. */
const isVague = (mediaType: string): boolean => mediaType === '' || mediaType === 'application/octet-stream'

const longestName = 200

/** A name that is safe to show and to save under: no folders, no control or direction marks, not too long. */
export function safeName(given: string): string {
  const name = given
    .replaceAll('%22', '"') // Forms spell quotation marks so (WHATWG HTML, multipart form data).
    .normalize('NFC')
    .toWellFormed()
    .replace(/^.*[/\\]/s, '')
    .replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069\u200E\u200F]/gu, '')
    .trim()
    .replace(/^\.+/, '')
  if (name === '') return 'file'
  if (name.length <= longestName) return name
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? ''
  return `${name.slice(0, longestName - extension.length).toWellFormed()}${extension}`
}
