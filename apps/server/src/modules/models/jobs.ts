import { holdReleased } from '#modules/ledger'
import type { JobRegistry } from '#platform/jobs'
import type { ModelsService } from './service.ts'
import { reratingRequested } from './usage/rerating.ts'

const detectionMs = 60_000
const reratingSeconds = 3600

/** Looks for a local Ollama, keeps model lists no older than a day, sums up usage, and rates calls again; and hears of holds that are released. */
export async function jobs(registry: JobRegistry, { own }: ModelsService): Promise<void> {
  registry.every(detectionMs, own.provisioner.detect)
  await registry.schedule('models.refresh', '17 * * * *', own.refreshStale)
  await registry.on(
    reratingRequested,
    'models.rerate',
    ({ workspaceId, payload }) => own.reratings.run(workspaceId, String(payload['id'])),
    { timeoutSeconds: reratingSeconds },
  )
  await registry.on(holdReleased, 'models.released', ({ workspaceId, payload }) =>
    own.costInterrupted(workspaceId, String(payload['callId']), String(payload['costNanoUsd'])),
  )
  await registry.schedule('models.usage', '*/15 * * * *', own.closeUsage)
  await registry.schedule('models.reratings', '41 * * * *', () => own.reratings.tidy())
}
