/** Processes of this machine, as Linux shows them under `/proc`. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Every process below these, themselves included. */
export async function treesOf(roots: readonly number[]): Promise<number[]> {
  const children = await childrenByParent()
  const found = new Set<number>()
  const visit = (pid: number): void => {
    if (found.has(pid)) return
    found.add(pid)
    for (const child of children.get(pid) ?? []) visit(child)
  }
  for (const root of roots) visit(root)
  return [...found]
}

async function childrenByParent(): Promise<Map<number, number[]>> {
  const children = new Map<number, number[]>()
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const name of names) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // The program's name stands in parentheses and may hold anything; state and parent follow it (proc_pid_stat(5)).
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const list = children.get(Number(parent)) ?? []
    children.set(Number(parent), [...list, Number(name)])
  }
  return children
}

/** Sends a signal to each of these; those that have ended already are fine. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It is gone, which is what is wanted.
    }
  }
}

/** Resident memory in megabytes; `shared` pages count in full for each process. Zero when the process is gone. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
}

/** Memory in megabytes with shared pages split between those who share them; NaN where the kernel does not tell us. */
export async function proportionalMb(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? Number.NaN) / 1024
}

/** Linux counts processor time in hundredths of a second for programs. */
const ticksPerSecond = 100

/** Processor time that a process has taken so far, in milliseconds; it does not grow while others keep it waiting. */
export async function processorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Fields 14 and 15 are the time in user and in kernel mode; the state, field 3, follows the name.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 1000) / ticksPerSecond
}

export interface Program {
  readonly child: ChildProcess
  readonly pid: number
  /** The first line of standard output that matches. Rejects when the program ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>
  /** The last lines that it printed, for a report of what went wrong. */
  lastWords(): string
  /** Settles when the process has ended. */
  readonly exited: Promise<unknown>
}

const keptLines = 40

/** Starts a program on the Node that runs this one, with exactly the environment given. */
export function startProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Program {
  const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  const lines: string[] = []
  const waiting = new Set<(line: string) => void>()
  const take = (text: string): void => {
    for (const line of text.split('\n').filter(Boolean)) {
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
      for (const look of waiting) look(line)
    }
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  const lastWords = (): string => lines.join('\n')
  return {
    child,
    exited,
    lastWords,
    pid: child.pid ?? -1,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (line: string): void => {
          const match = pattern.exec(line)
          if (!match) return
          waiting.delete(look)
          resolve(match)
        }
        waiting.add(look)
        for (const line of lines) look(line)
        child.once('exit', (code, signal) =>
          reject(new Error(`${args.join(' ')} ended (${code ?? signal}):\n${lastWords()}`)),
        )
        child.once('error', reject)
      }),
  }
}

/** Ends a program: politely first, then not. */
export async function endProgram({ child, exited }: Program, patienceMs = 15_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const late = sleep(patienceMs, 'late', { ref: false })
  if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL')
  await exited
}
