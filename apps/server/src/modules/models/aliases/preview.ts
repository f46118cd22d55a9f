import type { RouteInput, RoutingPreview, aliasRoutes } from '@atrium/contract'
import { invalidInput } from '#platform/errors'
import type { Route } from '../router/deployment.ts'
import { findModels } from '../router/lookup.ts'
import { choose, type Question } from '../router/policy.ts'
import type { AliasParts } from './aliases.ts'
import { routeOfPolicy } from './compile.ts'
import { problemsOfNamed, validatePolicy } from './validate.ts'

type Input = RouteInput<(typeof aliasRoutes)['previewRouting']>['body']

/** What a call would choose as things stand, and why. Nothing is called and nothing is counted. */
export async function preview(
  parts: AliasParts,
  workspaceId: string,
  personId: string,
  input: Input,
): Promise<RoutingPreview> {
  await refuseStrangers(parts, workspaceId, input)
  const route = await routeOf(parts, workspaceId, input)
  const question: Question = {
    workspaceId,
    personId: input.personId ?? personId,
    keyId: input.keyId ?? null,
    teamIds: input.teamIds,
    metadata: input.metadata,
    affinity: input.affinity,
    inputTokens: () => input.inputTokens,
    maxOutputTokens: undefined,
  }
  const choice = choose(route, question, parts)
  return {
    chosen: choice.order[0]?.deployment.name ?? null,
    version: route.alias && input.policy === undefined ? route.alias.version : null,
    strategy: choice.strategy,
    rule: choice.rule,
    variant: choice.variant,
    candidates: choice.candidates.map(({ deployment, passedOver, score }) => ({
      model: deployment,
      passedOver,
      score,
    })),
  }
}

/** @throws AppError 400 for a caller that is not of this workspace */
async function refuseStrangers(
  { db, identity }: AliasParts,
  workspaceId: string,
  { personId, keyId, teamIds }: Input,
): Promise<void> {
  const asked = [
    ...(personId === undefined ? [] : [{ kind: 'person' as const, id: personId, path: 'personId' }]),
    ...(keyId === undefined ? [] : [{ kind: 'key' as const, id: keyId, path: 'keyId' }]),
    ...teamIds.map((id, at) => ({ kind: 'team' as const, id, path: `teamIds[${at}]` })),
  ]
  if (asked.length === 0) return
  const problems = await db.withWorkspace(workspaceId, (tx) =>
    problemsOfNamed(identity, tx, workspaceId, asked),
  )
  const [first] = problems
  if (first) throw invalidInput(`${first.path}: ${first.message}`, { problems })
}

async function routeOf(parts: AliasParts, workspaceId: string, { model, policy }: Input): Promise<Route> {
  if (!policy) return parts.resolver.route(workspaceId, model ?? '')
  return parts.db.withWorkspace(workspaceId, async (tx) => {
    await validatePolicy(parts, tx, workspaceId, policy)
    const found = await findModels(parts, tx, workspaceId, policy)
    return routeOfPolicy({ id: '', name: 'preview', version: 0 }, policy, found)
  })
}
