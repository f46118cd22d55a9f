/**
 * Loaded into a server that is measured (`NODE_OPTIONS='--expose-gc --import FILE'`): on SIGUSR2 it collects its garbage
 * and appends a line of JSON with what is left to the file that `BENCH_MEMORY` names.
 */
import { appendFileSync } from 'node:fs'

process.on('SIGUSR2', () => {
  // The second one takes what finalizers of the first have let go.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, heapTotal, external } = process.memoryUsage()
  const handles: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) handles[name] = (handles[name] ?? 0) + 1
  appendFileSync(
    process.env['BENCH_MEMORY'] ?? '',
    `${JSON.stringify({ heapUsed, heapTotal, external, handles })}\n`,
  )
})
