import type { JobRegistry } from '#platform/jobs'
import type { Traces } from './service.ts'

/** A night's deletions may take this long. */
const retentionSeconds = 3 * 3600

/** Makes the days that will be needed, and removes what is older than it is kept. */
export async function jobs(registry: JobRegistry, { upkeep }: Traces): Promise<void> {
  await registry.schedule('traces.days', '7 * * * *', upkeep.openDays)
  await registry.schedule('traces.retention', '11 3 * * *', upkeep.removeOld, {
    timeoutSeconds: retentionSeconds,
  })
}
