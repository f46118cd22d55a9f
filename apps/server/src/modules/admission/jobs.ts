import type { JobRegistry } from '#platform/jobs'
import type { AdmissionService } from './types.ts'

/** Removes what nobody has used for long. */
export async function jobs(registry: JobRegistry, service: AdmissionService): Promise<void> {
  await registry.schedule('admission.tidy', '41 * * * *', () => service.tidy())
}
