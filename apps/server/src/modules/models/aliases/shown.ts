import type { Alias, Policy } from '@atrium/contract'
import type { Tx } from '#platform/db'
import { guideId, guideModel } from '../catalogue/guide-model.ts'
import { whyNot } from '../router/lookup.ts'
import { splitModelId } from '../router/model-id.ts'
import { readModelsNamed } from '../views.ts'
import type { AliasRow } from './alias-views.ts'
import { commonShape, shapesOf, type Known } from './compile.ts'
import { modelsOf, targetsOf } from './targets.ts'

/** What the models of policies are by now, without their keys. */
export async function knownModels(
  tx: Tx,
  workspaceId: string,
  policies: readonly Policy[],
): Promise<Map<string, Known>> {
  const names = [...new Set(policies.flatMap(modelsOf))]
  const known = new Map<string, Known>([[guideId, { model: guideModel }]])
  for (const row of await readModelsNamed(tx, workspaceId, names.map(splitModelId))) {
    const reason = whyNot(row)
    known.set(`${row.connectionSlug}/${row.upstreamId}`, reason === null ? { model: row } : { reason })
  }
  return known
}

/** An alias as people see it, with what has gone wrong with its models since it was stored. */
export function shownAlias(row: AliasRow, known: ReadonlyMap<string, Known>): Alias {
  const { id, name, description, enabled, version, policy, createdAt, updatedAt } = row
  const shapes = shapesOf(policy, known)
  return {
    id,
    name,
    description,
    enabled,
    version,
    policy,
    capabilities: shapes.length > 0 ? commonShape(shapes).capabilities : null,
    problems: problemsOf(policy, known),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

function problemsOf(policy: Policy, known: ReadonlyMap<string, Known>): string[] {
  return targetsOf(policy)
    .filter(({ target }) => target.enabled)
    .flatMap(({ target: { model }, path }) => {
      const found = known.get(model) ?? { reason: 'there is no such model any more' }
      return 'reason' in found ? [`${path}: “${model}” cannot be called: ${found.reason}.`] : []
    })
}
