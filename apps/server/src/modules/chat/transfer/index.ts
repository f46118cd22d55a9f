import type { Bus } from '#platform/bus'
import { createExporter, type ExporterOptions } from './export.ts'
import { createImporter } from './import.ts'

export { maxUploadBytes } from './import.ts'
export type { Download } from './export.ts'

/** Conversations out of Atrium and into it. */
export type Transfer = ReturnType<typeof createTransfer>

export interface TransferOptions extends ExporterOptions {
  readonly bus: Bus
}

export function createTransfer(options: TransferOptions) {
  const { one, all } = createExporter(options)
  return { exportOne: one, exportAll: all, import: createImporter(options) }
}
