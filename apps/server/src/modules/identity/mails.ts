import type { Clock } from '#platform/clock'
import type { ServerConfig } from '#platform/config'
import type { Database, Tx } from '#platform/db'
import type { Log } from '#platform/log'
import type { AuthDatabase } from './auth-database.ts'
import { insertMail, markSent, type NewMail, takeMails } from './store/mails.ts'

/** Writes mails; they leave by SMTP soon after the transaction has committed, or stay in the outbox. */
export interface Mailer {
  sendPasswordReset(to: string, token: string): Promise<void>
  sendVerification(to: string, token: string): Promise<void>
  sendInvitation(
    tx: Tx,
    to: string,
    invitation: { workspace: string; inviter: string; link: string },
  ): Promise<void>
}

export function createMailer(parts: {
  db: Database
  authDatabase: AuthDatabase
  clock: Clock
  publicUrl: string
}): Mailer {
  const { db, authDatabase, clock, publicUrl } = parts
  const write = async (mail: Omit<NewMail, 'id'>, given?: Tx): Promise<void> => {
    const stored = { id: clock.uuid(), ...mail }
    const tx = given ?? authDatabase.current()
    await (tx ? insertMail(tx, stored) : db.transaction((own) => insertMail(own, stored)))
  }
  const link = (path: string, token: string): string =>
    `${publicUrl}/${path}?token=${encodeURIComponent(token)}`
  return {
    sendPasswordReset: (to, token) =>
      write({
        to,
        subject: 'Set a new password',
        text: `Someone asked for a new password for your Atrium account. If it was you, set it here within an hour:\n\n${link('reset-password', token)}\n\nIf not, ignore this mail; your password stays as it is.\n`,
      }),
    sendVerification: (to, token) =>
      write({
        to,
        subject: 'Confirm your e-mail address',
        text: `Confirm that this address is yours, within a day:\n\n${link('verify-email', token)}\n`,
      }),
    sendInvitation: (tx, to, { workspace, inviter, link: invitation }) =>
      write(
        {
          to,
          subject: `${inviter} invites you to ${workspace}`,
          text: `${inviter} invites you to the workspace “${workspace}”. Join within seven days:\n\n${invitation}\n`,
        },
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
