import type { JobRegistry } from '#platform/jobs'
import type { LedgerService } from './service.ts'

const alertMs = 2000

/** Tells of budgets that have reached a share of their limit. */
export async function jobs(registry: JobRegistry, { own }: LedgerService): Promise<void> {
  registry.every(alertMs, () => own.alerts.tell())
}
