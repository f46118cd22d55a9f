import type { WorkspaceCreation } from '@atrium/contract'
import { first, sql, type Tx } from '#platform/db'

export interface Installation {
  readonly registration: 'invitation' | 'open'
  readonly workspaceCreation: WorkspaceCreation
  readonly defaultWorkspaceId: string
  readonly bootstrapKeyId: string | null
}

/** The installation, once it has an owner. */
export async function findInstallation(tx: Tx): Promise<Installation | undefined> {
  return first(
    tx,
    sql<Installation>`
      SELECT registration, workspace_creation AS "workspaceCreation", default_workspace_id AS "defaultWorkspaceId", bootstrap_key_id AS "bootstrapKeyId"
      FROM identity.installation`,
  )
}

/** Whoever wants to become the first owner waits here until the one before has or has not. */
export async function lockInstallation(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(7461910)`.execute(tx)
}

/** Two sign-ups with one address take turns. */
export async function lockEmail(tx: Tx, email: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`sign-up ${email}`}, 0))`.execute(tx)
}

export async function insertInstallation(tx: Tx, defaultWorkspaceId: string): Promise<void> {
  await sql`INSERT INTO identity.installation (default_workspace_id) VALUES (${defaultWorkspaceId})`.execute(
    tx,
  )
}

export type InstallationSettings = Pick<Installation, 'registration' | 'workspaceCreation'>

export async function updateInstallation(tx: Tx, settings: InstallationSettings): Promise<void> {
  const { registration, workspaceCreation } = settings
  await sql`
    UPDATE identity.installation SET registration = ${registration}, workspace_creation = ${workspaceCreation}`.execute(
    tx,
  )
}

export async function setBootstrapKey(tx: Tx, keyId: string | null): Promise<void> {
  await sql`UPDATE identity.installation SET bootstrap_key_id = ${keyId}`.execute(tx)
}
