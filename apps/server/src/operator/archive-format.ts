import { z } from 'zod'

const partitionBound = z.string().regex(/^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d\+00)?$/)

/** The first entry: what the backup is of. */
export const archiveHeader = z.object({
  format: z.literal(1),
  version: z.string(),
  createdAt: z.iso.datetime(),
  /** Applied to the database in this order, with the SHA-256 of each file. */
  migrations: z.array(z.object({ source: z.string(), name: z.string(), checksum: z.string() })).min(1),
  tables: z.array(z.object({ schema: z.string(), name: z.string(), columns: z.array(z.string()).min(1) })),
  /** Parts of tables that have been made while the installation ran; backups of older versions have none. */
  partitions: z
    .array(
      z.object({
        schema: z.string(),
        name: z.string(),
        parent: z.string(),
        /** The bounds, dates or times. */
        from: partitionBound,
        to: partitionBound,
      }),
    )
    .default([]),
  sequences: z.array(z.object({ schema: z.string(), name: z.string(), lastValue: z.string() })),
  secret: z.object({
    /** `environment`: the operator keeps it, and the backup does not contain it. */
    kept: z.enum(['archive', 'environment']),
    /** Tells secrets apart without telling anything about them. */
    fingerprint: z.string(),
  }),
})
export type ArchiveHeader = z.infer<typeof archiveHeader>

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** The last entry: everything before it, so that a backup that was cut off has none. */
export const archiveManifest = z.object({
  entries: z.array(z.object({ name: z.string(), sizeBytes: z.number().int(), sha256 })),
  tables: z.array(z.object({ name: z.string(), rows: z.number().int() })),
})
export type ArchiveManifest = z.infer<typeof archiveManifest>

export const entryNames = {
  header: 'atrium-backup.json',
  secret: 'secret',
  manifest: 'manifest.json',
  table: (schema: string, name: string, part: number) =>
    `tables/${schema}.${name}/${String(part).padStart(6, '0')}.copy`,
  blob: (key: string) => `blobs/${key}`,
} as const
