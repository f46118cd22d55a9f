import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Atrium } from './atrium.ts'
import { residentMb } from './processes.ts'
import { repository } from './repository.ts'
import { quantile, range } from './stats.ts'

/** What a server that has nothing to do holds on to. */
export interface Footprint {
  /** Resident memory in megabytes after its garbage was collected; the median of several looks. */
  readonly residentMb: number
  /** Live objects of JavaScript, in megabytes. */
  readonly heapMb: number
  /** What its heap takes of the system for them, in megabytes. */
  readonly heapTakenMb: number
  /** What Node keeps outside its heap for them, in megabytes. */
  readonly externalMb: number
  /** Open sockets of TCP: those of clients and providers. The pool of its own database comes and goes on others. */
  readonly sockets: number
  /** What keeps the event loop alive, by kind: sockets, timers, requests. */
  readonly handles: Readonly<Record<string, number>>
}

/** Environment of a server whose footprint is measured; `file` takes what it says of itself. */
export const measurable = (file: string): Record<string, string> => ({
  NODE_OPTIONS: `--import ${join(repository, 'bench/programs/collect-garbage.ts')}`,
  BENCH_MEMORY: file,
})

/** Connections are kept for a minute at most after their last call. */
const quietMs = 66_000
const looks = 5

/**
 * Waits until the server has let go of what it keeps for a while, which it has when no more than so many sockets are
 * open, has its garbage collected and looks at it.
 */
export async function footprintOf(atrium: Atrium, file: string, sockets: number): Promise<Footprint> {
  const deadline = performance.now() + quietMs
  while ((await openSockets(atrium.pid)) > sockets && performance.now() < deadline) await sleep(500)
  const resident: number[] = []
  for (const _ of range(looks)) {
    await collectGarbage(atrium, file)
    await sleep(500)
    resident.push(await residentMb(atrium.pid))
  }
  const { heapUsed, heapTotal, external, handles } = await collectGarbage(atrium, file)
  return {
    residentMb: quantile(resident, 0.5),
    heapMb: heapUsed / 1024 / 1024,
    heapTakenMb: heapTotal / 1024 / 1024,
    externalMb: external / 1024 / 1024,
    sockets: await openSockets(atrium.pid),
    handles,
  }
}

const report = z.object({
  heapUsed: z.number(),
  heapTotal: z.number(),
  external: z.number(),
  handles: z.record(z.string(), z.number()),
})

async function collectGarbage({ pid }: Atrium, file: string): Promise<z.infer<typeof report>> {
  const before = await linesOf(file)
  process.kill(pid, 'SIGUSR2')
  const deadline = performance.now() + 10_000
  for (;;) {
    const lines = await linesOf(file)
    if (lines.length > before.length) return report.parse(JSON.parse(lines.at(-1) ?? ''))
    if (performance.now() > deadline) throw new Error('the server does not say what it holds')
    await sleep(20)
  }
}

const linesOf = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1)

/** How many sockets of TCP a process has open, whoever is at the other end. */
export async function openSockets(pid: number): Promise<number> {
  const links = await openDescriptors(pid)
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')))
  // https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html: the tenth column is the inode.
  const inodes = new Set(
    tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)[9])),
  )
  return links.filter((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? 'none')).length
}

async function openDescriptors(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder)
  return Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')))
}
