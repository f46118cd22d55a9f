#!/usr/bin/env node
// Runs the command line on the Node that the repository pins: it reads TypeScript as it is. Works from Node 20 on.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as modules from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..', '..')
const pinned = join(root, 'node_modules', '.bin', 'node')

if (Number(process.versions.node.split('.')[0]) >= 26) {
  modules.enableCompileCache()
  const { run } = await import('../src/main.ts')
  await run(process.argv.slice(2))
} else if (existsSync(pinned)) {
  relay(
    spawn(pinned, [join(import.meta.dirname, 'atrium.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' }),
  )
} else {
  process.stderr.write(
    `The packages of Atrium are not installed. Run "npm start" or "npm install" in ${root} first.\n`,
  )
  process.exitCode = 1
}

/** @param {import('node:child_process').ChildProcess} child */
function relay(child) {
  // A terminal sends these to both of us; the child decides what they mean.
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => {
      if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name)
    })
  }
  child.once('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
  child.once('close', (code, signal) => {
    process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0)
  })
}
