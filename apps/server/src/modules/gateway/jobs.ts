import type { JobRegistry } from '#platform/jobs'
import type { Gateway } from './service.ts'

/** Forgets what nobody needs any more. */
export async function jobs(registry: JobRegistry, { tidy }: Gateway): Promise<void> {
  await registry.schedule('gateway.tidy', '29 * * * *', tidy)
}
