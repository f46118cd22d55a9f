/** How the generations of Claude differ in what a request may say. */
export interface ClaudeTraits {
  /** Reads an assistant message at the end as the beginning of its reply. */
  prefill: boolean
  /** Thinks by effort (`adaptive`); older models take a budget in tokens. */
  adaptiveThinking: boolean
  /** Accepts temperature, top_p and top_k. */
  sampling: boolean
  /** Accepts temperature and top_p in one request. */
  jointSampling: boolean
  /** Has `output_config.format`. */
  structuredOutput: boolean
}

/**
 * Traits by the version in the model's name, from the migration notes and feature pages of Anthropic's
 * documentation (https://platform.claude.com/docs/en/about-claude/models/overview). A name without a known version
 * counts as the newest.
 */
export function traitsOf(model: string): ClaudeTraits {
  const version = versionOf(model)
  return {
    prefill: version < 4.6,
    adaptiveThinking: version >= 4.6,
    sampling: version < 4.7,
    jointSampling: version < 4.1,
    structuredOutput: version >= 4.5,
  }
}

/** `claude-3-7-sonnet-20250219` is 3.7, `claude-opus-4-1@20250805` is 4.1, `claude-sonnet-4-20250514` is 4. */
function versionOf(model: string): number {
  const match = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?/u.exec(model)
  if (!match) return /claude-(?:instant|v\d)/u.test(model) ? 2 : Number.POSITIVE_INFINITY
  return Number(`${match[1]}.${match[2] ?? 0}`)
}
