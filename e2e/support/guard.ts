/**
 * Cleans up behind a test process that ended without doing so, however it ended: `node guard.ts DATA_DIR`, with the
 * program's process id written to its input at each start. When the input ends and the data directory is still there,
 * the program and its database are ended and the directory is removed.
 */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const [dataDir = ''] = process.argv.slice(2)
let program = 0
for await (const line of createInterface({ input: process.stdin })) program = Number(line)
if (existsSync(dataDir)) {
  if (program > 0) await end(program, 'SIGKILL')
  await end(await databaseProcess(), 'SIGQUIT')
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
}

async function databaseProcess(): Promise<number> {
  try {
    return Number((await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n')[0])
  } catch {
    return 0
  }
}

/** Ends a process and waits until it is gone. */
async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  if (!(pid > 0)) return
  try {
    process.kill(pid, signal)
    for (;;) {
      await sleep(20)
      process.kill(pid, 0)
    }
  } catch {
    // It is gone.
  }
}
