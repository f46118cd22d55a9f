import type { Command } from 'commander'
import { type Context, createContext, type GlobalOptions } from './context.ts'

type Work<Options> = (context: Context, options: Options, ...args: string[]) => Promise<void>

/** Makes a command's action: builds its context, then runs `work` with the options and the arguments. */
export function action<Options = object>(work: Work<Options & GlobalOptions>) {
  return async function run(this: Command): Promise<void> {
    // Commander has checked them against what the command declares.
    const options = this.optsWithGlobals<Options & GlobalOptions>()
    await work(await createContext(options), options, ...this.args)
  }
}

/** Examples below a command's help, each a line that can be pasted. */
export const examples = (...lines: string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`

/** For options that may be given several times. */
export const collect = (value: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  value,
]
