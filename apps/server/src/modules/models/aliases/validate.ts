import type { Policy } from '@atrium/contract'
import type { Tx } from '#platform/db'
import { invalidInput } from '#platform/errors'
import { guideId } from '../catalogue/guide-model.ts'
import { splitModelId } from '../router/model-id.ts'
import { readModelsNamed } from '../views.ts'
import { readAliasNames } from './alias-views.ts'
import { listsOf, modelsOf, plansOf, targetsOf, type PlacedTarget } from './targets.ts'

/**
 * Refuses a policy that could not work, saying which place of it is wrong and why: a model that does not exist, an
 * alias in the place of a model, a list in which nothing is switched on, variants without shares, one model twice.
 * @throws AppError INVALID_INPUT with `details: { problems: [{ path, message }] }`
 */
export async function validatePolicy(tx: Tx, workspaceId: string, policy: Policy): Promise<void> {
  const problems = [...problemsOfForm(policy), ...(await problemsOfModels(tx, workspaceId, policy))]
  const [first] = problems
  if (first) throw invalidInput(`${first.path}: ${first.message}`, { problems })
}

interface Problem {
  readonly path: string
  readonly message: string
}

function problemsOfForm(policy: Policy): Problem[] {
  return plansOf(policy).flatMap((placed) => {
    const { plan, path } = placed
    const shares = plan.strategy === 'ab' ? plan.variants.map(({ share }) => share) : [1]
    const noShare = shares.every((share) => share === 0)
      ? [{ path: `${path}.variants`, message: 'no variant has a share.' }]
      : []
    return [...noShare, ...listsOf(placed).flatMap(problemsOfList)]
  })
}

function problemsOfList(list: PlacedTarget[]): Problem[] {
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const { target, path } of list) {
    if (seen.has(target.model))
      problems.push({ path: `${path}.model`, message: `“${target.model}” is in this list twice.` })
    seen.add(target.model)
  }
  const listPath = list[0]?.path.replace(/\[\d+\]$/, '') ?? ''
  if (list.every(({ target }) => !target.enabled))
    problems.push({ path: listPath, message: 'every target is switched off.' })
  return problems
}

async function problemsOfModels(tx: Tx, workspaceId: string, policy: Policy): Promise<Problem[]> {
  const names = modelsOf(policy).filter((name) => name !== guideId)
  const known = new Set(
    (await readModelsNamed(tx, workspaceId, names.map(splitModelId))).map(
      ({ connectionSlug, upstreamId }) => `${connectionSlug}/${upstreamId}`,
    ),
  )
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length === 0) return []
  const aliases = await readAliasNames(tx, workspaceId, unknown)
  return targetsOf(policy)
    .filter(({ target }) => unknown.includes(target.model))
    .map(({ target, path }) => ({
      path: `${path}.model`,
      message: aliases.has(target.model)
        ? `“${target.model}” is an alias; an alias may not point at another one.`
        : `there is no model “${target.model}”.`,
    }))
}
