/**
 * Loaded into a server that is measured (`NODE_OPTIONS='--import FILE'`): on SIGUSR2 it collects its garbage, gives back
 * what it keeps in reserve, and appends a line of JSON with what is left to the file that `BENCH_MEMORY` names.
 */
import { appendFileSync } from 'node:fs'
import { releaseMemory } from '../../apps/server/src/platform/memory.ts'

async function report(): Promise<void> {
  // Unlike `gc()` this leaves no emptied pages for later; the second time takes what finalizers of the first let go.
  await releaseMemory()
  await releaseMemory()
  const { heapUsed, heapTotal, external } = process.memoryUsage()
  const handles: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) handles[name] = (handles[name] ?? 0) + 1
  const line = JSON.stringify({ heapUsed, heapTotal, external, handles })
  appendFileSync(process.env['BENCH_MEMORY'] ?? '', `${line}\n`)
}

process.on('SIGUSR2', () => void report())
