/**
 * Makes the price list that ships with Atrium that of the installed `@pydantic/genai-prices`, or of a file or address
 * that holds its `data.json`, and prints what changed. `--check` only prints. Needs no network for the installed one.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type {
  Constraint,
  Match,
  PublishedModel,
  PublishedPrices,
  PublishedProvider,
  Snapshot,
} from '../modules/models/catalogue/published.ts'

interface Given {
  readonly id: string
  readonly api_pattern: string
  readonly model_match?: Match
  readonly fallback_model_providers?: readonly string[]
  readonly models: readonly {
    readonly id: string
    readonly name?: string
    readonly context_window?: number
    readonly match: Match
    readonly prices:
      | PublishedPrices
      | readonly { constraint?: Partial<Constraint>; prices: PublishedPrices }[]
  }[]
}

const snapshotFile = new URL('../modules/models/catalogue/prices.snapshot.json', import.meta.url)
const packageName = '@pydantic/genai-prices'
const require = createRequire(import.meta.url)

/** What costs are computed from; the rest of the list counts searches and the like. */
const kept = /^(input|output|cache)_.*mtok$|^requests_kcount$/

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    check: { type: 'boolean', default: false },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
  },
})

try {
  const before = await stored()
  const after = await taken()
  const changes = differences(before, after)
  for (const line of changes) process.stdout.write(`${line}\n`)
  process.stdout.write(`${after.version}: ${modelsOf(after).size} models, ${changes.length} changes\n`)
  if (!values.check && (changes.length > 0 || before?.version !== after.version))
    await writeFile(snapshotFile, written(after))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function stored(): Promise<Snapshot | undefined> {
  const text = await readFile(snapshotFile, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Snapshot)
}

async function taken(): Promise<Snapshot> {
  const { from } = values
  const given = from === undefined ? await installed() : await read(from)
  const version =
    from === undefined ? `genai-prices ${await installedVersion()}` : `genai-prices of ${values.date}`
  return {
    version,
    url: from ?? 'https://github.com/pydantic/genai-prices',
    license: 'MIT License, Copyright (c) Pydantic Services Inc.',
    date: values.date,
    providers: given.map(providerOf),
  }
}

/** The package does not export its description. */
async function installedVersion(): Promise<string> {
  const file = new URL('../package.json', pathToFileURL(require.resolve(packageName)))
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version
}

/** The package gives its whole list only as the present state of its updates. */
async function installed(): Promise<readonly Given[]> {
  const { waitForUpdate } = await import(packageName)
  return checked(await waitForUpdate())
}

async function read(from: string): Promise<readonly Given[]> {
  if (!from.startsWith('https:')) return checked(JSON.parse(await readFile(from, 'utf8')))
  const response = await fetch(from, { signal: AbortSignal.timeout(30_000) })
  if (!response.ok) throw new Error(`${from} answered ${response.status}`)
  return checked(await response.json())
}

function checked(list: unknown): readonly Given[] {
  const fits =
    Array.isArray(list) &&
    list.length > 0 &&
    list.every((one) => typeof one?.id === 'string' && Array.isArray(one.models) && 'api_pattern' in one)
  if (!fits) throw new Error('this is not the data.json of genai-prices')
  return list as readonly Given[]
}

function providerOf(given: Given): PublishedProvider {
  const { id, api_pattern, model_match, fallback_model_providers, models } = given
  return {
    id,
    address: api_pattern,
    ...(model_match ? { makes: model_match } : {}),
    ...(fallback_model_providers ? { fallback: fallback_model_providers } : {}),
    models: models.map(modelOf),
  }
}

function modelOf({ id, name, context_window, match, prices }: Given['models'][number]): PublishedModel {
  const list = Array.isArray(prices) ? prices : [{ prices }]
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(context_window === undefined ? {} : { contextTokens: context_window }),
    match,
    prices: list.map((one) => ({
      ...(one.constraint ? { constraint: constraintOf(one.constraint) } : {}),
      prices: Object.fromEntries(
        Object.entries<PublishedPrices[string]>(one.prices).filter(([kind]) => kept.test(kind)),
      ),
    })),
  }
}

/** The project's own file leaves out what kind of constraint it is. */
function constraintOf(constraint: Partial<Constraint>): Constraint {
  const type = 'start_date' in constraint ? 'start_date' : 'time_of_date'
  return { ...constraint, type } as Constraint
}

function modelsOf(snapshot: Snapshot | undefined): Map<string, string> {
  const models = (snapshot?.providers ?? []).flatMap((provider) =>
    provider.models.map((model) => [`${provider.id}/${model.id}`, JSON.stringify(model.prices)] as const),
  )
  return new Map(models)
}

/** One line for each model that came, went or costs something else. */
function differences(before: Snapshot | undefined, after: Snapshot): string[] {
  const old = modelsOf(before)
  const now = modelsOf(after)
  const gone = [...old.keys()].filter((id) => !now.has(id)).map((id) => `- ${id}`)
  const rest = [...now].flatMap(([id, prices]) => {
    const was = old.get(id)
    if (was === undefined) return [`+ ${id} ${prices}`]
    return was === prices ? [] : [`~ ${id} ${was} → ${prices}`]
  })
  return [...gone, ...rest]
}

/** One model a line, so that a change reads well in a review. */
function written({ providers, ...head }: Snapshot): string {
  const blocks = providers.map(({ models, ...provider }) => {
    const lines = models.map((model) => `    ${JSON.stringify(model)}`).join(',\n')
    return `  ${JSON.stringify(provider).slice(0, -1)},"models":[\n${lines}\n  ]}`
  })
  return `${JSON.stringify(head).slice(0, -1)},"providers":[\n${blocks.join(',\n')}\n]}\n`
}
