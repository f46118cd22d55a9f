/** How long the server takes to start, the first time and later, and how much memory it holds when idle. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createAtrium, type Atrium } from './lib/atrium.ts'
import { proportionalMb, residentMb } from './lib/processes.ts'
import { type Bench, runBench } from './lib/run.ts'
import { range } from './lib/stats.ts'

await runBench('boot', async (bench) => {
  const { scope, options, say, figures } = bench
  const idleMs = options.quick ? 1000 : 5000
  const atrium = scope.use(await createAtrium(options))

  say('the first start')
  const firstMs = await atrium.start()
  await sleep(idleMs)
  await judgeMemory(bench, atrium, 'after the first start')
  const laterMs: number[] = []
  for (const _ of range(options.quick ? 1 : 5)) {
    await atrium.stop()
    laterMs.push(await atrium.start())
  }
  say('after a kill')
  await atrium.kill('tree')
  const killedMs = await atrium.start()

  figures.speed('first start, to ready', firstMs / 1000, 's', { atMost: 5 })
  figures.speed('later starts, the slowest', Math.max(...laterMs) / 1000, 's', { atMost: 3 })
  figures.info('later starts, the fastest', Math.min(...laterMs) / 1000, 's')
  figures.info('start after a kill of everything', killedMs / 1000, 's')
  await sleep(idleMs)
  await judgeMemory(bench, atrium, 'after a later start')
})

async function judgeMemory({ figures }: Bench, atrium: Atrium, when: string): Promise<void> {
  const tree = await atrium.tree()
  const resident = await Promise.all(tree.map(residentMb))
  const proportional = await Promise.all(tree.map(proportionalMb))
  figures.speed(`memory of Node, idle ${when}`, await residentMb(atrium.pid), 'MB', { atMost: 180 })
  figures.info(`all ${tree.length} processes, shared pages counted each time`, total(resident), 'MB')
  figures.info(`all ${tree.length} processes, shared pages counted once`, total(proportional), 'MB')
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
