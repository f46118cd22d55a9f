import { helpText } from './config/help.ts'
import { type Environment, parseEnvironment, parseFlags } from './config/parse.ts'
import { ConfigError } from './config/problem.ts'
import { contradictions, type ServerConfig, toServerConfig } from './config/typed.ts'

export { loadMasterSecret } from './config/master-secret.ts'
export { ConfigError } from './config/problem.ts'
export { Secret } from './config/secret.ts'
export type { ProviderConfig, ServerConfig } from './config/typed.ts'
export { type Target, targets } from './config/variables.ts'

/** What the command line asks for. `text` is ready to print. */
export type Command =
  | { readonly kind: 'start'; readonly config: ServerConfig }
  | { readonly kind: 'print-config'; readonly text: string }
  | { readonly kind: 'help'; readonly text: string }

export interface CommandSources {
  readonly argv?: readonly string[]
  readonly environment?: Environment
  /** Relative paths start here. */
  readonly cwd?: string
}

/**
 * Reads the command line and the environment, in three steps: text → parsed → typed.
 * This is the only reader of the environment.
 * @throws {ConfigError} naming every bad setting at once.
 */
export function readCommand(sources: CommandSources = {}): Command {
  const { argv = process.argv.slice(2), environment = process.env, cwd = process.cwd() } = sources
  const flags = parseFlags(argv)
  if (flags.value.help) return { kind: 'help', text: helpText() }
  const env = parseEnvironment(environment)
  const rejected = new Set(env.problems.map(({ setting }) => setting))
  const problems = [...flags.problems, ...env.problems, ...contradictions(env.value, rejected)]
  if (problems.length > 0) throw new ConfigError(problems)
  const config = toServerConfig(env.value, flags.value, cwd)
  return flags.value.printConfig
    ? { kind: 'print-config', text: printConfig(config) }
    : { kind: 'start', config }
}

/** The configuration as JSON, every secret as `[hidden]`. */
export function printConfig(config: ServerConfig): string {
  return JSON.stringify(
    config,
    (_, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value),
    2,
  )
}
