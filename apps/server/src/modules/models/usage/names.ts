import type { UsageDimension } from '@atrium/contract'
import type { Identity } from '#modules/identity'
import type { Tx } from '#platform/db'
import { readConnectionNames } from './call-views.ts'

/** Finds what people read instead of ids, in the transaction of the caller. */
export interface Names {
  /** Of people (those who have left too), teams and keys; ids that nobody has any more are left out. */
  of(tx: Tx, workspaceId: string, ids: Iterable<string | null>): Promise<Map<string, string>>
  /** Of the members of a dimension. Models, aliases and purposes are called by what they are. */
  ofMembers(
    tx: Tx,
    workspaceId: string,
    by: UsageDimension,
    members: readonly (string | null)[],
  ): Promise<(member: string | null) => string | null>
}

export function createNames(identity: Identity): Names {
  const of: Names['of'] = async (tx, workspaceId, ids) => {
    const wanted = [...new Set(ids)].filter((id) => id !== null)
    if (wanted.length === 0) return new Map()
    const [people, others] = await Promise.all([
      identity.people(tx, wanted),
      identity.named(tx, workspaceId, wanted),
    ])
    return new Map([...people, ...[...others].map(([id, { name }]) => [id, name] as const)])
  }
  return {
    of,
    ofMembers: async (tx, workspaceId, by, members) => {
      if (by === 'model' || by === 'alias' || by === 'purpose') return (member) => member
      const names =
        by === 'connection' ? await readConnectionNames(tx, workspaceId) : await of(tx, workspaceId, members)
      return (member) => (member === null ? null : (names.get(member) ?? null))
    },
  }
}
