import { rows, sql, type Tx } from '#platform/db'

export interface NamedThing {
  readonly kind: 'team' | 'person' | 'key'
  readonly name: string
}

/** Teams, members and keys of a workspace by id; ids that none of them has are left out. */
export async function readNamed(
  tx: Tx,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, NamedThing>> {
  const list = await rows(
    tx,
    sql<NamedThing & { id: string }>`
    SELECT 'team' AS kind, id, name FROM identity.teams WHERE workspace_id = ${workspaceId} AND id = ANY (${ids}::uuid[])
    UNION ALL
    SELECT 'key', id, name FROM identity.api_keys WHERE workspace_id = ${workspaceId} AND id = ANY (${ids}::uuid[])
    UNION ALL
    SELECT 'person', p.id, p.name FROM identity.members m JOIN identity.people p ON p.id = m.person_id
    WHERE m.workspace_id = ${workspaceId} AND m.person_id = ANY (${ids}::uuid[])
    LIMIT 1000`,
  )
  return new Map(list.map(({ id, kind, name }) => [id, { kind, name }]))
}
