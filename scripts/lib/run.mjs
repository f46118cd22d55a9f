import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The Node that the repository pins; system Node may be older. */
export const pinnedNode = join(root, 'node_modules', '.bin', 'node')

/** Our environment, in which `node` and every tool are the pinned ones. */
const toolEnvironment = () => ({
  ...process.env,
  PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
})

/**
 * Runs a program with our input and output; gives its exit code, as a shell would count it.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string> }} [options]
 * @returns {Promise<number>}
 */
export function run(file, args, { env = {} } = {}) {
  const child = spawn(file, args, { cwd: root, stdio: 'inherit', env: { ...toolEnvironment(), ...env } })
  const release = passSignals(child)
  return exitCode(child).finally(release)
}

/**
 * Runs a program quietly; gives its exit code and everything that it said.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 */
export async function capture(file, args, { env = toolEnvironment() } = {}) {
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env })
  /** @type {string[]} */
  const output = []
  child.stdout.setEncoding('utf8').on('data', (text) => output.push(text))
  child.stderr.setEncoding('utf8').on('data', (text) => output.push(text))
  const release = passSignals(child)
  const code = await exitCode(child).finally(release)
  return { code, output: output.join('') }
}

/** @param {import('node:child_process').ChildProcess} child */
function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

/** @param {import('node:child_process').ChildProcess} child */
function passSignals(child) {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    // A terminal sends Ctrl-C to the child as well; twice would mean "at once".
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  return () => {
    for (const signal of signals) process.off(signal, pass)
  }
}
