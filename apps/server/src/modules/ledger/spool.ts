import { closeSync, mkdirSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '#platform/db/unavailable'
import { type Begun, expired, type Line, parseLine } from './lines.ts'

const rotateBytes = 4 * 1024 * 1024
/** A descriptor that no file has: late lines must not end up in a file that was opened since. */
const closed = -1

/** What a spool must still know when it begins a new file. */
export type Snapshot = () => Iterable<string>

/**
 * A file per process that outlives SIGKILL: a line for each hold before its call is made, one for each settlement, and one
 * for the record of the call. Not flushed to the disk: what the kernel has taken survives the process, and what survives the machine is in the
 * database. A file that has grown is replaced by one with what is still open.
 */
export class Spool {
  readonly folder: string
  readonly #snapshot: Snapshot
  #descriptor: number
  #file: string
  #files = 0
  #bytes = 0
  #rotateAt = rotateBytes
  /** Lines that go with the next one. */
  #waiting = ''
  #flushing: NodeJS.Immediate | undefined

  /** @throws when the folder cannot be made */
  constructor(folder: string, snapshot: Snapshot) {
    this.folder = folder
    this.#snapshot = snapshot
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#file = this.#nextFile()
    this.#descriptor = openSync(this.#file, 'a', 0o600)
    for (const line of snapshot()) this.#write(`${line}\n`)
  }

  /** Returns once the kernel has the line, and those that waited for it. @throws when the disk is full */
  append(line: string): void {
    if (this.#bytes > this.#rotateAt) this.#rotate()
    const text = `${this.#waiting}${line}\n`
    this.#waiting = ''
    this.#write(text)
  }

  /**
   * Lets a line go with the next one, or at the end of this turn of the event loop: what belongs together is one call of
   * the system. Never throws; on a full disk the line is lost.
   */
  later(line: string): void {
    this.#waiting += `${line}\n`
    this.#flushing ??= setImmediate(() => this.#flush())
  }

  /** Ends the spool: everything in it is in the database. */
  remove(): void {
    this.#close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Ends the writing and leaves the spool to whoever takes over. */
  close(): void {
    this.#flush()
    this.#close()
  }

  #close(): void {
    clearImmediate(this.#flushing)
    if (this.#descriptor !== closed) closeSync(this.#descriptor)
    this.#descriptor = closed
  }

  #flush(): void {
    this.#flushing = undefined
    const text = this.#waiting
    this.#waiting = ''
    if (text === '') return
    try {
      this.#write(text)
    } catch {
      // What it says is on its way to the database as well.
    }
  }

  #write(text: string): void {
    const bytes = Buffer.byteLength(text)
    this.#bytes += bytes
    if (writeSync(this.#descriptor, text) < bytes) {
      // A cut line is ended by the break before the next one.
      writeSync(this.#descriptor, '\n')
      throw new Error('the spool took only a part of a line')
    }
  }

  #rotate(): void {
    const before = { descriptor: this.#descriptor, file: this.#file }
    const file = this.#nextFile()
    this.#descriptor = openSync(file, 'a', 0o600)
    this.#file = file
    this.#bytes = 0
    for (const line of this.#snapshot()) this.#write(`${line}\n`)
    this.#rotateAt = Math.max(rotateBytes, 2 * this.#bytes)
    closeSync(before.descriptor)
    unlinkSync(before.file)
  }

  #nextFile(): string {
    this.#files += 1
    return join(this.folder, `${String(this.#files).padStart(8, '0')}.jsonl`)
  }
}

/** What a spool says. */
export interface SpoolContents {
  /** The last state of each attempt, open holds as expired; by the process that held. */
  readonly lines: ReadonlyMap<string, readonly Line[]>
  /** Records of calls as JSON, by the id of the call. */
  readonly records: ReadonlyMap<string, string>
  /** Every call that was held for, whether it has a record or not; by its id. */
  readonly begun: ReadonlyMap<string, Begun>
}

/** Null without a spool. */
export async function readSpool(folder: string): Promise<SpoolContents | null> {
  const names = await filesIn(folder)
  if (names === null) return null
  const last = new Map<string, Line>()
  const records = new Map<string, string>()
  const begun = new Map<string, Begun>()
  for (const name of names.toSorted()) {
    const text = await readFile(join(folder, name), 'utf8')
    for (const part of text.split('\n')) {
      const parsed = part === '' ? null : parseLine(part)
      if (parsed === null) continue
      if ('record' in parsed) records.set(parsed.callId, parsed.record)
      else if (!('s' in parsed)) begun.set(parsed.c, parsed)
      else {
        const { w, c, a, n } = parsed
        if (n) begun.set(c, { w, c, n })
        const key = `${w} ${c} ${a}`
        // A snapshot may repeat a hold that an earlier file has settled already.
        if (parsed.s !== 'held' || !last.has(key)) last.set(key, parsed)
      }
    }
  }
  const lines = Map.groupBy([...last.values()].map(expired), (line) => line.i)
  return { lines, records, begun }
}

export const removeSpool = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

/** Spools of this data directory, by the process that has written them. */
export async function listSpools(root: string): Promise<string[]> {
  return (await filesIn(root)) ?? []
}

async function filesIn(folder: string): Promise<string[] | null> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EACCES') return null
    throw error
  }
}
