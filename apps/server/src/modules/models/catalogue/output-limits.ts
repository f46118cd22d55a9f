interface Family {
  readonly pattern: RegExp
  readonly tokens: number
}

/**
 * How much the models of a family can write, reasoning included, the first match winning. A limit beyond it is refused
 * by the provider, so families that nobody has looked up are not here. Sources: the providers' model pages
 * (platform.openai.com/docs/models, platform.claude.com/docs/en/about-claude/models/overview,
 * ai.google.dev/gemini-api/docs/models).
 */
const families: readonly Family[] = [
  { pattern: /^claude-3-(opus|sonnet|haiku)/, tokens: 4096 },
  { pattern: /^claude-3-5/, tokens: 8192 },
  { pattern: /^claude-3-7/, tokens: 64_000 },
  { pattern: /^claude-opus-4-5/, tokens: 64_000 },
  { pattern: /^claude-opus-4(-1)?(-\d{8})?$/, tokens: 32_000 },
  { pattern: /^claude-(sonnet|haiku)-4(-5)?(-\d{8})?$/, tokens: 64_000 },
  { pattern: /^gpt-3\.5-turbo/, tokens: 4096 },
  { pattern: /^gpt-4-turbo|^gpt-4-(1106|0125)|^gpt-4o-2024-05-13/, tokens: 4096 },
  { pattern: /^(gpt-4o|chatgpt-4o|gpt-5-chat)/, tokens: 16_384 },
  { pattern: /^gpt-4\.1/, tokens: 32_768 },
  { pattern: /^gpt-4(-0613)?$/, tokens: 8192 },
  { pattern: /^gpt-5(-mini|-nano|-pro)?(-\d{4}-\d{2}-\d{2})?$/, tokens: 128_000 },
  { pattern: /^o1-preview/, tokens: 32_768 },
  { pattern: /^o1-mini/, tokens: 65_536 },
  { pattern: /^o[134](-mini|-pro)?(-\d{4}-\d{2}-\d{2})?$/, tokens: 100_000 },
  { pattern: /^gemini-(1\.5|2\.0)/, tokens: 8192 },
  { pattern: /^gemini-2\.5-(pro|flash)/, tokens: 65_536 },
]

/** The most that a model can write, by its id at the provider; undefined when unknown. */
export function outputLimitOf(upstreamId: string): number | undefined {
  const id = upstreamId.slice(upstreamId.lastIndexOf('/') + 1).toLowerCase()
  return families.find(({ pattern }) => pattern.test(id))?.tokens
}
