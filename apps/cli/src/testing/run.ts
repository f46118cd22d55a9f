import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const program = join(import.meta.dirname, '../../bin/atrium.mjs')

/** What a finished command has said. */
export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
}

/** A command that runs: the real program in a process of its own, without our environment. */
export interface Running {
  readonly done: Promise<Finished>
  /** Lines of standard output and errors as they come. */
  readonly lines: AsyncIterableIterator<string>
  readonly errorLines: AsyncIterableIterator<string>
  interrupt(): void
}

export function startAtrium(args: readonly string[], { env = {}, input = '' }: RunOptions = {}): Running {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined).end(input)
  const out: string[] = []
  const err: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
  const done = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out: out.join(''), err: err.join('') }))
  })
  return {
    done,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    errorLines: createInterface({ input: child.stderr })[Symbol.asyncIterator](),
    interrupt: () => void child.kill('SIGINT'),
  }
}

export const runAtrium = (args: readonly string[], options?: RunOptions): Promise<Finished> =>
  startAtrium(args, options).done
