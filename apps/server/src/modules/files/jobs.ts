import type { JobRegistry } from '#platform/jobs'
import type { FilesService } from './service.ts'

/** Removes files that nobody has sent. */
export async function jobs(registry: JobRegistry, { own }: FilesService): Promise<void> {
  await registry.schedule('files.tidy', '37 * * * *', own.tidy)
}
