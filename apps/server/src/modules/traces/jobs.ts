import type { JobRegistry } from '#platform/jobs'
import type { Traces } from './service.ts'

/** A night's deletions may take this long. */
const retentionSeconds = 3 * 3600
/** How often new spans are added to the sums. */
const mergeMs = 500

/** Makes the days that will be needed, removes what is older than it is kept, and keeps the sums of spans up to date. */
export async function jobs(registry: JobRegistry, { upkeep, merging }: Traces): Promise<void> {
  await registry.schedule('traces.days', '7 * * * *', upkeep.openDays)
  await registry.schedule('traces.retention', '11 3 * * *', upkeep.removeOld, {
    timeoutSeconds: retentionSeconds,
  })
  await registry.schedule('traces.tidy-usage', '23 * * * *', merging.tidy)
  registry.every(mergeMs, merging.merge)
}
