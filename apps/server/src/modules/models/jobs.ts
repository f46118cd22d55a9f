import type { JobRegistry } from '#platform/jobs'
import type { ModelsService } from './service.ts'
import { reratingRequested } from './usage/rerating.ts'

const detectionMs = 60_000
const reratingSeconds = 3600

/** Looks for a local Ollama, keeps model lists no older than a day, sums up usage, and rates calls again. */
export async function jobs(registry: JobRegistry, { own }: ModelsService): Promise<void> {
  registry.every(detectionMs, own.provisioner.detect)
  await registry.schedule('models.refresh', '17 * * * *', own.refreshStale)
  await registry.on(
    reratingRequested,
    'models.rerate',
    ({ workspaceId, payload }) => own.reratings.run(workspaceId, String(payload['id'])),
    { timeoutSeconds: reratingSeconds },
  )
  await registry.schedule('models.usage', '*/15 * * * *', own.closeUsage)
  await registry.schedule('models.reratings', '41 * * * *', () => own.reratings.tidy())
}
