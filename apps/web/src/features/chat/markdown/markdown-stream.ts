import { lexBlocks, noLinks, normalise, type Block } from './lex.ts'

/**
 * Markdown that grows. Finished blocks are read once; each append reads only the last ones again.
 * A block is finished when a blank line and at least two later blocks follow it, which no later text can undo
 * (reference definitions excepted: `finish` reads the whole text once more).
 */
export class MarkdownStream {
  #source = ''
  /** Characters taken, before line endings were normalised. */
  #length = 0
  #pendingReturn = false
  #committed: Block[] = []
  #committedEnd = 0
  #links = noLinks()
  #blocks: Block[] = []

  /** The blocks of the text so far. A new array after every change; finished blocks keep their identity. */
  get blocks(): readonly Block[] {
    return this.#blocks
  }

  /** Takes the whole text so far and reads what is new in it; a shorter text starts anew. */
  read(text: string): readonly Block[] {
    if (text.length < this.#length) this.#reset()
    this.append(text.slice(this.#length))
    return this.#blocks
  }

  append(piece: string): void {
    if (piece === '') return
    this.#length += piece.length
    const text = this.#pendingReturn ? `\r${piece}` : piece
    this.#pendingReturn = text.endsWith('\r')
    this.#source += normalise(this.#pendingReturn ? text.slice(0, -1) : text)
    const tail = lexBlocks(this.#source.slice(this.#committedEnd), this.#links, this.#committedEnd)
    const cut = commitPoint(tail)
    if (cut > 0) {
      this.#committed.push(...tail.slice(0, cut))
      this.#committedEnd = tail[cut]?.start ?? this.#committedEnd
    }
    this.#blocks = [...this.#committed, ...tail.slice(cut)]
  }

  #reset(): void {
    this.#source = ''
    this.#length = 0
    this.#pendingReturn = false
    this.#committed = []
    this.#committedEnd = 0
    this.#links = noLinks()
    this.#blocks = []
  }

  /** The text has ended: one full reading. */
  finish(): void {
    if (this.#pendingReturn) this.#source += '\n'
    this.#pendingReturn = false
    this.#blocks = lexBlocks(this.#source)
    this.#committed = []
    this.#committedEnd = 0
  }
}

/** Index of the first block that must stay open; 0 when nothing can be committed yet. */
function commitPoint(blocks: Block[]): number {
  let later = 0
  for (let index = blocks.length - 1; index > 0; index -= 1) {
    const token = blocks[index]?.token
    if (!token || token.type === 'space') continue
    later += 1
    if (later >= 2 && followsBlankLine(blocks, index)) return index
  }
  return 0
}

function followsBlankLine(blocks: Block[], index: number): boolean {
  const before = blocks[index - 1]?.token
  if (!before) return false
  return before.type === 'space' ? before.raw.includes('\n') : /\n[ \t]*\n[ \t]*$/.test(before.raw)
}
