import type { ModelCall } from '#modules/models'
import type { Member } from '#platform/http'

/** Whose budgets pay for a call. */
export function payerOf({ workspaceId, personId, key, teamIds }: Member): NonNullable<ModelCall['payer']> {
  return { workspaceId, personId, keyId: key?.id ?? null, teamIds }
}
