import type { JobRegistry } from '#platform/jobs'
import type { IdentityService } from './service.ts'

const deliveryMs = 2000

/** Delivers mails and removes what has run out. */
export async function jobs(registry: JobRegistry, { own }: IdentityService): Promise<void> {
  registry.every(deliveryMs, own.deliverMails)
  await registry.schedule('identity.tidy', '23 * * * *', () => own.tidy())
}
