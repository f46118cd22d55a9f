import { sql, type Tx } from '#platform/db'

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
