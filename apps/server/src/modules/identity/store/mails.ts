import { rows, sql, type Tx } from '#platform/db'

export interface Mail {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** What the link in a mail carries, and how long it is good for. */
export interface MailLink {
  readonly hash: Buffer
  readonly lifeSeconds: number
}

/** The page that the link in a mail about a forgotten password opens. */
export const passwordResetPath = 'reset-password'

/** @param link undefined for a mail that opens nothing */
export async function insertMail(tx: Tx, mail: Mail, link?: MailLink): Promise<void> {
  await sql`
    INSERT INTO identity.mails (id, recipient, subject, text, link_hash, link_expires_at)
    VALUES (${mail.id}, ${mail.to}, ${mail.subject}, ${mail.text}, ${link?.hash ?? null},
      now() + make_interval(secs => ${link?.lifeSeconds ?? null}))`.execute(tx)
}

const noLink = sql`
  text = regexp_replace(text, 'https?://[^[:space:]]+', '[link]', 'g'), link_hash = NULL, link_expires_at = NULL`

const mostAttempts = 10

/** Takes links that open nothing any more out of the mails that carry them; such a mail is not sent later. */
export async function forgetLinks(tx: Tx, hashes: readonly Buffer[]): Promise<void> {
  await sql`
    UPDATE identity.mails SET ${noLink}, attempts = ${mostAttempts}
    WHERE link_hash = ANY (${hashes}::bytea[])`.execute(tx)
}

/** The same for the links with which a person could set another password. */
export async function forgetPasswordLinks(tx: Tx, personId: string): Promise<void> {
  await sql`
    UPDATE identity.mails SET ${noLink}, attempts = ${mostAttempts}
    WHERE link_hash IS NOT NULL AND text LIKE ${`%/${passwordResetPath}?token=%`}
      AND recipient = (SELECT email FROM identity.people WHERE id = ${personId})`.execute(tx)
}

/** The same for links whose time is over; needs the job role. */
export async function forgetExpiredLinks(tx: Tx): Promise<void> {
  await sql`
    UPDATE identity.mails SET ${noLink}, attempts = ${mostAttempts} WHERE link_expires_at < now()`.execute(tx)
}

/**
 * Takes mails that wait to be sent. Each attempt moves the next one further away, so that a process that dies
 * leaves its mails to another.
 */
export async function takeMails(tx: Tx, limit: number): Promise<Mail[]> {
  return rows(
    tx,
    sql<Mail>`
      UPDATE identity.mails SET attempts = attempts + 1, next_attempt_at = now() + interval '1 minute' * (1 << attempts)
      WHERE id IN (
        SELECT id FROM identity.mails WHERE sent_at IS NULL AND attempts < ${mostAttempts} AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING id, recipient AS "to", subject, text`,
  )
}

/** Notes that a mail has left. Its links open accounts, so they are kept no longer than needed. */
export async function markSent(tx: Tx, mailId: string): Promise<void> {
  await sql`UPDATE identity.mails SET sent_at = now(), ${noLink} WHERE id = ${mailId}`.execute(tx)
}
