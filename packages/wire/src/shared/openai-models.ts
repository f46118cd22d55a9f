import type { ThinkingEffort } from '../spec/request.ts'

/** What OpenAI's own models refuse or require. Models of other makers take the settings as they are. */
export interface OpenAiTraits {
  /** One of OpenAI's hosted models, known by its name. */
  hosted: boolean
  /** Thinks before it answers; refuses sampling settings while it does. */
  reasons: boolean
  /** The word that turns thinking off, where there is one. */
  off: 'none' | 'minimal' | undefined
  /** The strongest effort that it knows. */
  maxEffort: 'high' | 'xhigh'
}

/** From the model pages at https://platform.openai.com/docs/models; names may carry a router's prefix. */
export function openAiTraits(model: string): OpenAiTraits {
  const name = model.slice(model.lastIndexOf('/') + 1)
  const version = gptVersion(name)
  const reasons = /^o\d/u.test(name) || (version >= 5 && !name.includes('-chat'))
  return {
    hosted: (/^(?:o\d|gpt-|chatgpt-|ft:gpt-|ft:o\d)/u.test(name) && !name.startsWith('gpt-oss')) || false,
    reasons,
    off: version >= 5.1 ? 'none' : version >= 5 ? 'minimal' : undefined,
    maxEffort: version >= 5.2 ? 'xhigh' : 'high',
  }
}

function gptVersion(name: string): number {
  const match = /^(?:ft:)?gpt-(\d+(?:\.\d+)?)/u.exec(name)
  return match ? Number(match[1]) : 0
}

/** The effort in OpenAI's words. */
export function openAiEffort(effort: ThinkingEffort, traits: OpenAiTraits): string {
  if (effort === 'max') return traits.maxEffort
  return effort === 'minimal' && traits.off !== 'minimal' ? 'low' : effort
}
