import { rows, sql, type Tx } from '#platform/db'

export interface NewMail {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
}

export async function insertMail(tx: Tx, mail: NewMail): Promise<void> {
  await sql`
    INSERT INTO identity.mails (id, recipient, subject, text)
    VALUES (${mail.id}, ${mail.to}, ${mail.subject}, ${mail.text})`.execute(tx)
}

/**
 * Takes mails that wait to be sent. Each attempt moves the next one further away, so that a process that dies
 * leaves its mails to another.
 */
export async function takeMails(tx: Tx, limit: number): Promise<NewMail[]> {
  return rows(
    tx,
    sql<NewMail>`
      UPDATE identity.mails SET attempts = attempts + 1, next_attempt_at = now() + interval '1 minute' * (1 << attempts)
      WHERE id IN (
        SELECT id FROM identity.mails WHERE sent_at IS NULL AND attempts < 10 AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING id, recipient AS "to", subject, text`,
  )
}

/** Notes that a mail has left. Its links open accounts, so they are kept no longer than needed. */
export async function markSent(tx: Tx, mailId: string): Promise<void> {
  await sql`
    UPDATE identity.mails SET sent_at = now(), text = regexp_replace(text, 'https?://[^[:space:]]+', '[link]', 'g')
    WHERE id = ${mailId}`.execute(tx)
}
