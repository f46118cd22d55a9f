import { join } from 'node:path'
import { request } from 'undici'
import { z } from 'zod'
import { endProgram, startProgram } from './processes.ts'
import { repository } from './repository.ts'

const stats = z.object({
  /** Calls for an answer by the last user message; titles are counted apart. */
  turnsByMarker: z.record(z.string(), z.number()),
  titles: z.number(),
  peakLive: z.number(),
})
const calls = z.object({
  calls: z.array(
    z.object({
      purpose: z.string(),
      marker: z.string(),
      /** Epoch milliseconds. */
      startedAt: z.number(),
    }),
  ),
})
export type ProviderStats = z.infer<typeof stats>
export type ProviderCall = z.infer<typeof calls>['calls'][number]

/** The fake provider in a process of its own, so that it competes with Atrium for nothing but the processor. */
export interface ProviderProcess extends AsyncDisposable {
  readonly url: string
  stats(): Promise<ProviderStats>
  /** The calls that are remembered, oldest first. */
  calls(): Promise<readonly ProviderCall[]>
  /** Forgets calls and counts. */
  reset(): Promise<void>
}

/** Starts it; `models` are those it knows besides its own. */
export async function startProvider(
  options: { keepCalls?: number; models?: readonly string[] } = {},
): Promise<ProviderProcess> {
  const { keepCalls = 5000, models = [] } = options
  const main = join(repository, 'packages/testkit/src/provider/main.ts')
  const args = ['--keep-calls', String(keepCalls), ...models.flatMap((name) => ['--model', name])]
  const program = startProgram([main, ...args], { PATH: process.env['PATH'] ?? '' })
  const [, url = ''] = await program.line(/listening on (\S+)/)
  const control = async (method: 'GET' | 'POST', path: string): Promise<unknown> => {
    const { body } = await request(`${url}/__fake/${path}`, { method })
    return body.json()
  }
  return {
    url,
    stats: async () => stats.parse(await control('GET', 'stats')),
    calls: async () => calls.parse(await control('GET', 'calls')).calls,
    reset: async () => void (await control('POST', 'reset')),
    [Symbol.asyncDispose]: () => endProgram(program),
  }
}
