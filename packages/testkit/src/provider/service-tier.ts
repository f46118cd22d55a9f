/**
 * The tier that serves a request: the one asked for, of those that a request may ask for by name.
 * https://platform.openai.com/docs/api-reference/chat/create#chat_create-service_tier
 */
export const servedTier = (asked: unknown): string | undefined =>
  asked === 'flex' || asked === 'priority' ? asked : undefined
