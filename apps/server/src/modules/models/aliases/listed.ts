import type { Model } from '@atrium/contract'
import type { AliasRow } from './alias-views.ts'
import { aliasGroup, commonShape, shapesOf } from './compile.ts'

/** Of one workspace. */
export const mostAliases = 500

/** Aliases as models of the catalogue; those that can call nobody only when `all`. */
export function aliasModels(aliases: readonly AliasRow[], models: readonly Model[], all: boolean): Model[] {
  const byId = new Map(models.filter(({ enabled }) => enabled).map((model) => [model.id, { model }]))
  return aliases.map((row) => aliasModel(row, byId)).filter(({ enabled }) => all || enabled)
}

function aliasModel(
  { name, enabled, policy }: AliasRow,
  byId: ReadonlyMap<string, { readonly model: Model }>,
): Model {
  // What was put into the map comes out of it: whole models.
  const targets = shapesOf(policy, byId) as Model[]
  const { contextTokens, maxOutputTokens, capabilities } = commonShape(targets)
  return {
    id: name,
    alias: true,
    name,
    connectionId: null,
    connectionName: aliasGroup,
    enabled: enabled && targets.length > 0,
    contextTokens,
    maxOutputTokens,
    capabilities,
    price: commonPrice(targets),
    label: null,
  }
}

/** Only where it does not depend on who answers. */
function commonPrice(targets: readonly Model[]): Model['price'] {
  const [first, ...others] = targets.map(({ price }) => price)
  if (!first) return null
  const { inputNanoUsd, outputNanoUsd } = first
  const same = others.every(
    (price) => price?.inputNanoUsd === inputNanoUsd && price.outputNanoUsd === outputNanoUsd,
  )
  return same ? first : null
}
