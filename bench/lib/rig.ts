import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, openApi } from './api.ts'
import { type Atrium, createAtrium } from './atrium.ts'
import { type ProviderProcess, startProvider } from './provider.ts'
import type { Bench } from './run.ts'
import { fakeModel } from './turn.ts'

/** A running Atrium whose models are the fake provider's. */
export interface Rig {
  readonly provider: ProviderProcess
  readonly atrium: Atrium
  readonly api: Api
}

export async function openRig({ scope, options }: Bench): Promise<Rig> {
  const provider = scope.use(await startProvider())
  const atrium = scope.use(await createAtrium({ providerUrl: provider.url, profile: options.profile }))
  await atrium.start()
  const api = scope.use(await openApi(atrium))
  await untilListed(api)
  return { provider, atrium, api }
}

const deadlineMs = 20_000

/** The first start asks the provider for its models in the background. */
async function untilListed(api: Api): Promise<void> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const { text } = await api.send({ path: `${api.base}/models` })
    if (text.includes(`"${fakeModel}"`)) return
    if (performance.now() > deadline) throw new Error(`${fakeModel} is not listed: ${text.slice(0, 500)}`)
    await sleep(50)
  }
}
