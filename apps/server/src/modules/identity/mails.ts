import type { Clock } from '#platform/clock'
import type { ServerConfig } from '#platform/config'
import type { Database, Tx } from '#platform/db'
import type { Log } from '#platform/log'
import type { AuthDatabase } from './auth-database.ts'
import { insertMail, type Mail, markSent, passwordResetPath, takeMails } from './store/mails.ts'
import { hashToken } from './tokens.ts'

/** Writes mails; they leave by SMTP soon after the transaction has committed, or stay in the outbox. */
export interface Mailer {
  sendPasswordReset(to: string, token: string): Promise<void>
  sendVerification(to: string, token: string): Promise<void>
  sendInvitation(
    tx: Tx,
    to: string,
    invitation: { workspace: string; inviter: string; token: string },
  ): Promise<void>
}

/** How long what mails link to is good for. */
export const linkLifeSeconds = {
  passwordReset: 3600,
  verification: 24 * 3600,
  invitation: 7 * 24 * 3600,
} as const

export const invitationLink = (publicUrl: string, token: string): string =>
  `${publicUrl}/invitations/${token}`

export function createMailer(parts: {
  db: Database
  authDatabase: AuthDatabase
  clock: Clock
  publicUrl: string
}): Mailer {
  const { db, authDatabase, clock, publicUrl } = parts
  const write = async (
    mail: Omit<Mail, 'id'>,
    token: string,
    lifeSeconds: number,
    given?: Tx,
  ): Promise<void> => {
    const link = { hash: hashToken(token), lifeSeconds }
    const insert = (tx: Tx): Promise<void> => insertMail(tx, { id: clock.uuid(), ...mail }, link)
    const tx = given ?? authDatabase.current()
    await (tx ? insert(tx) : db.transaction(insert))
  }
  const link = (path: string, token: string): string =>
    `${publicUrl}/${path}?token=${encodeURIComponent(token)}`
  return {
    sendPasswordReset: (to, token) =>
      write(
        {
          to,
          subject: 'Set a new password',
          text: `Someone asked for a new password for your Atrium account. If it was you, set it here within an hour:\n\n${link(passwordResetPath, token)}\n\nIf not, ignore this mail; your password stays as it is.\n`,
        },
        token,
        linkLifeSeconds.passwordReset,
      ),
    sendVerification: (to, token) =>
      write(
        {
          to,
          subject: 'Confirm your e-mail address',
          text: `Confirm that this address is yours, within a day:\n\n${link('verify-email', token)}\n`,
        },
        token,
        linkLifeSeconds.verification,
      ),
    sendInvitation: (tx, to, { workspace, inviter, token }) =>
      write(
        {
          to,
          subject: `${inviter} invites you to ${workspace}`,
          text: `${inviter} invites you to the workspace “${workspace}”. Join within seven days:\n\n${invitationLink(publicUrl, token)}\n`,
        },
        token,
        linkLifeSeconds.invitation,
        tx,
      ),
  }
}

/** Sends what waits; does nothing without a mail server. */
export type Delivery = () => Promise<void>

const batch = 20

/**
 * Delivers waiting mails by SMTP. A mail whose sending fails is tried again later, ten times at most. What speaks SMTP
 * is loaded for the first of them.
 */
export function createDelivery(
  { mail, jobDb, log }: { mail: ServerConfig['mail']; jobDb: Database; log: Log },
  scope: AsyncDisposableStack,
): Delivery {
  if (mail.mode === 'outbox') return async () => undefined
  let opening: ReturnType<typeof openTransport> | undefined
  scope.defer(async () => (await opening)?.close())
  return async () => {
    const waiting = await jobDb.transaction((tx) => takeMails(tx, batch))
    for (const { id, to, subject, text } of waiting) {
      try {
        const transport = await (opening ??= openTransport(mail.url.reveal(), mail.from))
        await transport.sendMail({ to, subject, text, messageId: `<${id}@atrium>` })
        await jobDb.transaction((tx) => markSent(tx, id))
      } catch (error) {
        log.warn({ err: error, mailId: id }, 'a mail could not be sent; trying again later')
      }
    }
  }
}

async function openTransport(url: string, from: string) {
  const { createTransport } = await import('nodemailer')
  return createTransport(url, { from })
}
