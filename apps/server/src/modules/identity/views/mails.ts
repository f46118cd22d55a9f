import type { Mail } from '@atrium/contract'
import { rows, sql, type Tx } from '#platform/db'

/** Mails, newest first, before the given id. */
export async function readMails(tx: Tx, limit: number, before: string | null): Promise<Mail[]> {
  const list = await rows(
    tx,
    sql<Omit<Mail, 'createdAt'> & { createdAt: Date }>`
      SELECT id, recipient AS "to", subject, text, created_at AS "createdAt", sent_at IS NOT NULL AS sent
      FROM identity.mails WHERE ${before}::uuid IS NULL OR id < ${before} ORDER BY id DESC LIMIT ${limit}`,
  )
  return list.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }))
}
