/** The wire formats that Atrium speaks, named after the API and not after the company: many servers share one. */
export const dialectNames = [
  'anthropic-messages',
  'openai-chat',
  'openai-responses',
  'gemini',
  'ollama',
] as const

export type DialectName = (typeof dialectNames)[number]
