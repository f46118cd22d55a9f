import { sql, type Tx } from '#platform/db'
import { forgetPasswordLinks } from './mails.ts'

/** Makes a person the operator of the installation. */
export async function makeOperator(tx: Tx, personId: string): Promise<void> {
  await sql`UPDATE identity.people SET is_operator = true, updated_at = now() WHERE id = ${personId}`.execute(
    tx,
  )
}

/** Changes what is given. */
export async function updatePerson(
  tx: Tx,
  personId: string,
  change: { name?: string | undefined; instructions?: string | undefined },
): Promise<void> {
  await sql`
    UPDATE identity.people SET
      name = coalesce(${change.name ?? null}, name),
      instructions = coalesce(${change.instructions ?? null}, instructions),
      updated_at = now()
    WHERE id = ${personId}`.execute(tx)
}

/** Changes of one person's password take turns. */
export async function lockPassword(tx: Tx, personId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`password of ${personId}`}, 0))`.execute(tx)
}

/** Ends every link with which a person could set another password, also the ones in mails. */
export async function endPasswordResets(tx: Tx, personId: string): Promise<void> {
  // Nothing else that is kept there is about a person by id: confirmations of addresses are signed, not stored.
  await sql`DELETE FROM identity.verifications WHERE value = ${personId}`.execute(tx)
  await forgetPasswordLinks(tx, personId)
}
