import type { JsonObject } from '../spec/json.ts'
import { stringOf } from './json.ts'

/**
 * A usage with the tier that has served the call, which decides about its price. OpenAI names it beside the usage
 * (https://platform.openai.com/docs/api-reference/chat/object#chat/object-service_tier); Anthropic does so within.
 */
export function withServiceTier(usage: JsonObject, tier: string | undefined): JsonObject {
  return tier === undefined || 'service_tier' in usage ? usage : { ...usage, service_tier: tier }
}

/** The tier that a reply names, if it does. */
export const serviceTierOf = (reply: JsonObject): string | undefined =>
  stringOf(reply['service_tier']) || undefined
