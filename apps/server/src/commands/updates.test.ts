import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-updates-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const models = join(import.meta.dirname, '../modules/models')

function run(command: string, ...args: string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const file = join(import.meta.dirname, command)
    execFile(process.execPath, [file, ...args], { maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr })
    })
  })
}

describe('prices:update', () => {
  it('finds the stored list to be that of the installed package, without a network', async () => {
    const { code, text } = await run('prices-update.ts', '--check')
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(/^genai-prices \d+\.\d+\.\d+: \d{4} models, 0 changes\n$/),
    ])
  })

  it('says what would come, go and change', async () => {
    const file = join(folder, 'data.json')
    const model = {
      id: 'claude-2',
      match: { equals: 'claude-2' },
      prices: { input_mtok: 9, output_mtok: 24 },
    }
    await writeFile(
      file,
      JSON.stringify([
        { id: 'anthropic', api_pattern: 'x', models: [model, { ...model, id: 'claude-new' }] },
      ]),
    )
    const { code, text } = await run('prices-update.ts', '--check', '--from', file)
    expect(code).toBe(0)
    expect(text).toContain('- openai/gpt-4o\n')
    expect(text).toContain('+ anthropic/claude-new [{"prices":{"input_mtok":9,"output_mtok":24}}]\n')
    expect(text).toMatch(/~ anthropic\/claude-2 .*"input_mtok":8.* → .*"input_mtok":9/)
  })

  it('refuses what is no price list', async () => {
    const file = join(folder, 'other.json')
    await writeFile(file, '{"error":"not found"}')
    const { code, text } = await run('prices-update.ts', '--from', file)
    expect([code, text]).toEqual([1, 'this is not the data.json of genai-prices\n'])
  })
})

describe('currencies:update', () => {
  it('reads the document of the European Central Bank', async () => {
    const file = join(folder, 'rates.xml')
    await writeFile(
      file,
      `<Cube><Cube time='2026-11-20'><Cube currency='USD' rate='1.1'/><Cube currency='GBP' rate='0.9'/></Cube></Cube>`,
    )
    const { code, text } = await run('currencies-update.ts', '--check', '--from', file)
    expect(code).toBe(0)
    expect(text).toContain('USD 1.0705 → 1.1\n')
    expect(text).toContain('CHF 0.9634 → –\n')
    expect(text).toContain('2024-06-28 → 2026-11-20: 2 currencies\n')
    expect(await readFile(join(models, 'currencies/rates.snapshot.json'), 'utf8')).toContain('"2024-06-28"')
  })

  it('refuses any other document', async () => {
    const file = join(folder, 'page.xml')
    await writeFile(file, '<html></html>')
    const { code, text } = await run('currencies-update.ts', '--from', file)
    expect([code, text]).toEqual([1, 'this is not the daily document of the European Central Bank\n'])
  })
})
