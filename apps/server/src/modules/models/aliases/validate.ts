import type { Policy } from '@atrium/contract'
import type { Identity } from '#modules/identity'
import type { Tx } from '#platform/db'
import { invalidInput } from '#platform/errors'
import { guideId } from '../catalogue/guide-model.ts'
import { splitModelId } from '../router/model-id.ts'
import { readModelsNamed } from '../views.ts'
import { readAliasNames } from './alias-views.ts'
import { listsOf, modelsOf, plansOf, targetsOf, type PlacedTarget } from './targets.ts'

/**
 * Refuses a policy that could not work, saying which place of it is wrong and why: a model that does not exist, an
 * alias in the place of a model, a list in which nothing is switched on, variants without shares, one model twice, a
 * condition on somebody or something that is not of this workspace.
 * @param before the policy that is replaced: whom it names may have left since
 * @throws AppError INVALID_INPUT with `details: { problems: [{ path, message }] }`
 */
export async function validatePolicy(
  { identity }: { identity: Pick<Identity, 'named'> },
  tx: Tx,
  workspaceId: string,
  policy: Policy,
  before?: Policy,
): Promise<void> {
  const settled = new Set(before ? namedIn(before).map(({ id }) => id) : [])
  const problems = [
    ...problemsOfForm(policy),
    ...(await problemsOfModels(tx, workspaceId, policy)),
    ...(await problemsOfNamed(
      identity,
      tx,
      workspaceId,
      namedIn(policy).filter(({ id }) => !settled.has(id)),
    )),
  ]
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

/** Somebody or something that a condition names. */
export interface Named {
  readonly kind: 'person' | 'team' | 'key'
  readonly id: string
  readonly path: string
}

function namedIn({ rules }: Policy): Named[] {
  return rules.flatMap(({ when: { personIds = [], teamIds = [], keyIds = [] } }, at) => {
    const path = `rules[${at}].when`
    return [
      ...personIds.map((id, place) => ({ kind: 'person' as const, id, path: `${path}.personIds[${place}]` })),
      ...teamIds.map((id, place) => ({ kind: 'team' as const, id, path: `${path}.teamIds[${place}]` })),
      ...keyIds.map((id, place) => ({ kind: 'key' as const, id, path: `${path}.keyIds[${place}]` })),
    ]
  })
}

/** At most so many ids are asked for at once. */
const batch = 900
const words = { person: 'member', team: 'team', key: 'API key' } as const

/** Which of them are not of this workspace. */
export async function problemsOfNamed(
  identity: Pick<Identity, 'named'>,
  tx: Tx,
  workspaceId: string,
  asked: readonly Named[],
): Promise<Problem[]> {
  const ids = [...new Set(asked.map(({ id }) => id))]
  const problems: Problem[] = []
  for (let start = 0; start < ids.length; start += batch) {
    const part = new Set(ids.slice(start, start + batch))
    const known = await identity.named(tx, workspaceId, [...part])
    for (const { kind, id, path } of asked)
      if (part.has(id) && known.get(id)?.kind !== kind)
        problems.push({ path, message: `there is no such ${words[kind]} in this workspace.` })
  }
  return problems
}
