import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { passagesOfPage, type Passage } from './passages.ts'
import { createIndex, type PassageIndex } from './search.ts'

/** The guide's pages, ready to be searched. */
export interface Library {
  readonly passages: readonly Passage[]
  readonly index: PassageIndex
  /** What the product is, for questions that name nothing else. */
  readonly overview: Passage | undefined
}

/** Reads the pages of a folder, Markdown, and builds the index over them. */
export async function openLibrary(folder: string): Promise<Library> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).toSorted()
  const pages = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  const passages: Passage[] = pages.flatMap(passagesOfPage).map((passage, id) => ({ ...passage, id }))
  const overview = passages.find(({ title }) => title === 'About Atrium')
  return { passages, index: createIndex(passages), overview }
}
