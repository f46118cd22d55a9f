import { closeSync, mkdirSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '#platform/db/unavailable'
import { expired, type Line, parseLine } from './lines.ts'

const rotateBytes = 4 * 1024 * 1024

/** What a spool must still know when it begins a new file. */
export type Snapshot = () => Iterable<string>

/**
 * A file per process that outlives SIGKILL: a line for each hold before its call is made, and one for each settlement.
 * Not flushed to the disk: what the kernel has taken survives the process, and what survives the machine is in the
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

  /** @throws when the folder cannot be made */
  constructor(folder: string, snapshot: Snapshot) {
    this.folder = folder
    this.#snapshot = snapshot
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#file = this.#nextFile()
    this.#descriptor = openSync(this.#file, 'a', 0o600)
    for (const line of snapshot()) this.#write(line)
  }

  /** Returns once the kernel has the line. @throws when the disk is full */
  append(line: string): void {
    if (this.#bytes > this.#rotateAt) this.#rotate()
    this.#write(line)
  }

  /** Ends the spool: everything in it is in the database. */
  remove(): void {
    closeSync(this.#descriptor)
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Ends the writing and leaves the spool to whoever takes over. */
  close(): void {
    closeSync(this.#descriptor)
  }

  #write(line: string): void {
    // Lines are ASCII, so characters are bytes. A cut line is ended by the break before the next one.
    this.#bytes += line.length + 1
    if (writeSync(this.#descriptor, `${line}\n`) < line.length + 1) {
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
    for (const line of this.#snapshot()) this.#write(line)
    this.#rotateAt = Math.max(rotateBytes, 2 * this.#bytes)
    closeSync(before.descriptor)
    unlinkSync(before.file)
  }

  #nextFile(): string {
    this.#files += 1
    return join(this.folder, `${String(this.#files).padStart(8, '0')}.jsonl`)
  }
}

/** The last state of each attempt in a spool, open holds as expired; by the process that held. Null without a spool. */
export async function readSpool(folder: string): Promise<Map<string, Line[]> | null> {
  const names = await filesIn(folder)
  if (names === null) return null
  const last = new Map<string, Line>()
  for (const name of names.toSorted()) {
    const text = await readFile(join(folder, name), 'utf8')
    for (const part of text.split('\n')) {
      const line = part === '' ? null : parseLine(part)
      if (!line) continue
      const key = `${line.w} ${line.c} ${line.a}`
      // A snapshot may repeat a hold that an earlier file has settled already.
      if (line.s !== 'held' || !last.has(key)) last.set(key, line)
    }
  }
  return Map.groupBy([...last.values()].map(expired), (line) => line.i)
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
