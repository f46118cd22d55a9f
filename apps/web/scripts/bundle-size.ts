/** Weighs what the browser reads before the chat can be used, against the budgets of the design. */
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

interface Chunk {
  name?: string
  file: string
  imports?: string[]
  css?: string[]
}

const dist = new URL('../dist/', import.meta.url)
const read = (file: string): Buffer => readFileSync(new URL(file, dist))
const kB = (bytes: number): number => Math.round(bytes / 100) / 10

/** Largest sizes in kB: scripts and styles gzipped, fonts as they are. */
export const budgets = { scripts: 180, styles: 25, fonts: 70 }

/** The chunks of the first screen: of the page, and of the chat that it reads at once. */
const roots = ['index', 'chat']

export const isBuilt = (): boolean => existsSync(new URL('bundle.json', dist))

/** Sizes of the first load in kB, with the files that make them up. */
export function firstLoad(): { sizes: typeof budgets; files: string[] } {
  const manifest = new Map<string, Chunk>(Object.entries(JSON.parse(read('bundle.json').toString())))
  const chunks = new Set<string>()
  const visit = (name: string) => {
    if (chunks.has(name)) return
    chunks.add(name)
    for (const next of manifest.get(name)?.imports ?? []) visit(next)
  }
  for (const root of roots) {
    const entry = [...manifest].find(([, { name }]) => name === root)
    if (!entry) throw new Error(`The build has no chunk named ${root}`)
    visit(entry[0])
  }
  const found = [...chunks].flatMap((name) => manifest.get(name) ?? [])
  const scripts = [...new Set(found.map(({ file }) => file)), 'theme.js']
  const styles = [...new Set(found.flatMap(({ css }) => css ?? []))]
  const fonts = [...manifest.values()]
    .map(({ file }) => file)
    // JetBrains Mono waits until code is shown; other alphabets until they are written.
    .filter((file) => file.includes('instrument-sans-latin-wght-normal'))
  const zipped = (files: string[]) => kB(files.reduce((sum, file) => sum + gzipSync(read(file)).length, 0))
  const plain = (files: string[]) => kB(files.reduce((sum, file) => sum + read(file).length, 0))
  return {
    sizes: { scripts: zipped(scripts), styles: zipped(styles), fonts: plain(fonts) },
    files: [...scripts, ...styles, ...fonts],
  }
}

if (import.meta.main) {
  const { sizes, files } = firstLoad()
  const lines = Object.entries(sizes).map(([name, size]) => {
    const budget = new Map(Object.entries(budgets)).get(name) ?? 0
    if (size > budget) process.exitCode = 1
    return `${name.padEnd(8)} ${size.toFixed(1).padStart(6)} kB of ${budget} kB${size > budget ? '  TOO LARGE' : ''}`
  })
  process.stdout.write(`${lines.join('\n')}\n\n${files.join('\n')}\n`)
}
