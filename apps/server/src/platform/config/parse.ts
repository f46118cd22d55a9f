import { parseArgs } from 'node:util'
import type { Problem } from './problem.ts'
import {
  commandLineVariables,
  type ParsedEnvironment,
  type Target,
  targets,
  type VariableName,
  variables,
} from './variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ParsedFlags {
  readonly target: Target
  readonly port: number | null
  readonly printConfig: boolean
  readonly help: boolean
}

export interface Parsed<Value> {
  readonly value: Value
  readonly problems: readonly Problem[]
}

const isVariable = (name: string): name is VariableName => Object.hasOwn(variables, name)

/** Reads the known variables and reports every bad value and every unknown `ATRIUM_*` name. */
export function parseEnvironment(environment: Environment): Parsed<ParsedEnvironment> {
  const value: Partial<Record<VariableName, unknown>> = {}
  const problems: Problem[] = []
  for (const [name, raw] of Object.entries(environment)) {
    const text = raw?.trim() ?? ''
    if (!isVariable(name)) {
      if (name.startsWith('ATRIUM_') && !commandLineVariables.has(name)) problems.push(unknownVariable(name))
    } else if (text !== '') {
      const result = variables[name].schema.safeParse(text)
      if (result.success) value[name] = result.data
      else problems.push(badValue(name, text, result.error.issues[0]?.message ?? 'has a bad value'))
    }
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value went through the schema of its own name
  return { value: value as ParsedEnvironment, problems }
}

function badValue(name: VariableName, text: string, message: string): Problem {
  const variable = variables[name]
  // A URL may carry a password even where none belongs.
  const mayShow = !variable.secret && !text.includes('@')
  const problem = mayShow ? `${message}, and is ${JSON.stringify(text.slice(0, 120))}` : message
  return { setting: name, problem, example: `${name}=${variable.example}` }
}

function unknownVariable(name: string): Problem {
  const nearest = Object.keys(variables)
    .map((known) => ({ known, distance: editDistance(name, known) }))
    .toSorted((one, other) => one.distance - other.distance)[0]
  const hint =
    nearest && nearest.distance <= 4 ? `; perhaps ${nearest.known} is meant` : '; --help lists those that are'
  return { setting: name, problem: `is not a variable of Atrium${hint}`, example: null }
}

/** Levenshtein's distance, row by row. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1]
    for (const [column, otherLetter] of Array.from(other).entries()) {
      const replaced = (row[column] ?? 0) + (letter === otherLetter ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

const flags = {
  target: { type: 'string' },
  port: { type: 'string' },
  'print-config': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const flagExamples = new Map<string, string>([
  ['target', '--target=all'],
  ['port', '--port=8000'],
])

/** Reads the command line and reports every unknown flag, stray word and bad value. */
export function parseFlags(argv: readonly string[]): Parsed<ParsedFlags> {
  const { tokens, values } = parseArgs({ args: [...argv], options: flags, strict: false, tokens: true })
  const problems: Problem[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(stray(JSON.stringify(token.value)))
    if (token.kind === 'option' && !Object.hasOwn(flags, token.name)) problems.push(stray(token.rawName))
    if (token.kind === 'option' && flagExamples.has(token.name) && !token.value) {
      problems.push(badFlag(token.name, 'needs a value'))
    }
  }
  const target = targets.find((name) => name === (values.target ?? 'all'))
  if (target === undefined && typeof values.target === 'string' && values.target !== '') {
    problems.push(badFlag('target', `must be one of ${targets.join(', ')}`))
  }
  const port = typeof values.port === 'string' ? variables.PORT.schema.safeParse(values.port) : null
  if (port?.success === false && values.port !== '') {
    problems.push(badFlag('port', port.error.issues[0]?.message ?? 'has a bad value'))
  }
  const value = {
    target: target ?? 'all',
    port: port?.data ?? null,
    printConfig: values['print-config'] !== undefined,
    help: values.help !== undefined,
  }
  return { value, problems }
}

const badFlag = (name: string, problem: string): Problem => ({
  setting: `--${name}`,
  problem,
  example: flagExamples.get(name) ?? null,
})

const stray = (word: string): Problem => ({
  setting: word,
  problem: 'is not a flag of Atrium; see --help',
  example: null,
})
