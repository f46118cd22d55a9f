import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { modules, targets } from './targets.ts'
import type { AnyModule } from './platform/module.ts'

const root = import.meta.dirname
const repository = join(root, '../../..')

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(
      (entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/node_modules|dist/.test(entry.parentPath),
    )
    .map((entry) => join(entry.parentPath, entry.name))
}

async function importsOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
}

const withImports = async (folder: string): Promise<{ file: string; imports: string[] }[]> =>
  Promise.all(
    (await sources(folder)).map(async (file) => ({
      file: relative(root, file),
      imports: await importsOf(file),
    })),
  )

describe('each module', () => {
  it.each(modules.map((module: AnyModule) => [module.name, module] as const))(
    '%s imports only the doors of its needs',
    async (name, module) => {
      const files = await withImports(join(root, 'modules', name))
      const allowed = new Set(Object.values(module.needs).map((need) => `#modules/${need.name}`))
      const strangers = files.flatMap(({ file, imports }) =>
        imports
          .filter((one) => one.startsWith('#modules/') && !allowed.has(one))
          .map((one) => `${file} → ${one}`),
      )
      expect(strangers).toEqual([])
    },
  )

  it.each(modules.map((module: AnyModule) => [module.name] as const))(
    '%s leaves its folder only by #modules and #platform',
    async (name) => {
      const files = await withImports(join(root, 'modules', name))
      const ways = files.flatMap(({ file, imports }) => {
        const depth = file.split('/').length - 3
        const out = new RegExp(`^(\\.\\./){${depth + 1}}`)
        return imports.filter((one) => out.test(one)).map((one) => `${file} → ${one}`)
      })
      expect(ways).toEqual([])
    },
  )

  it.each(modules.map((module: AnyModule) => [module.name] as const))(
    '%s touches only tables of its own schema',
    async (name) => {
      const others = modules.map((one: AnyModule) => one.name).filter((one) => one !== name)
      const foreign = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE)\\s+(?:${others.join('|')})\\.`, 'i')
      // Tests may look behind the doors.
      const files = (await sources(join(root, 'modules', name))).filter(
        (file) => !/\.test\.|\/testing\//.test(file),
      )
      const guilty: string[] = []
      for (const file of files)
        if (foreign.test(await readFile(file, 'utf8'))) guilty.push(relative(root, file))
      expect(guilty).toEqual([])
    },
  )
})

describe('the platform', () => {
  it('imports no module', async () => {
    const files = await withImports(join(root, 'platform'))
    expect(
      files.filter(({ imports }) => imports.some((one) => /modules\//.test(one))).map(({ file }) => file),
    ).toEqual([])
  })

  it('is the only place that reads the environment, in one file', async () => {
    const files = (await sources(root)).filter((file) => !file.includes('.test.'))
    const readers: string[] = []
    for (const file of files)
      if ((await readFile(file, 'utf8')).includes('process.env')) readers.push(relative(root, file))
    expect(readers).toEqual(['platform/config.ts'])
  })
})

describe('packages', () => {
  it('wire and contract import nothing of the server', async () => {
    const files = [
      ...(await withImports(join(repository, 'packages/wire'))),
      ...(await withImports(join(repository, 'packages/contract'))),
    ]
    expect(
      files
        .filter(({ imports }) => imports.some((one) => /server|#platform|#modules/.test(one)))
        .map(({ file }) => file),
    ).toEqual([])
  })
})

describe('the command line', () => {
  it('knows the contract, what telemetry is sent in, and of the server the operator functions only', async () => {
    const files = (await withImports(join(repository, 'apps/cli/src'))).filter(
      ({ file }) => !file.includes('.test.') && !file.includes('/testing/'),
    )
    const ours = files.flatMap(({ imports }) => imports.filter((one) => one.startsWith('@atrium/')))
    expect([...new Set(ours)].toSorted()).toEqual([
      '@atrium/contract',
      '@atrium/server/operator',
      '@atrium/wire/otlp',
    ])
    const out = files.flatMap(({ imports }) => imports.filter((one) => /^(\.\.\/){3}/.test(one)))
    expect(out).toEqual([])
  })
})

describe('the table of targets', () => {
  it('opens every face that a module has in the target "all"', () => {
    const faces = new Set(modules.flatMap((module: AnyModule) => Object.keys(module.faces)))
    expect([...faces].toSorted()).toEqual([...targets.all.faces].toSorted())
  })
})
