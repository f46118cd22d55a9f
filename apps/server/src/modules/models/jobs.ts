import type { JobRegistry } from '#platform/jobs'
import type { ModelsService } from './service.ts'

const detectionMs = 60_000

/** Looks for a local Ollama, and keeps model lists no older than a day. */
export async function jobs(registry: JobRegistry, { own }: ModelsService): Promise<void> {
  registry.every(detectionMs, own.provisioner.detect)
  await registry.schedule('models.refresh', '17 * * * *', own.refreshStale)
}
