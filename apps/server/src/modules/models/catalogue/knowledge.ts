import type { ConnectionKind, Model } from '@atrium/contract'
import type { ListedModel } from '@atrium/wire'
import { outputLimitOf } from './output-limits.ts'
import { findByName, findPublished } from './published.ts'

type Capabilities = Model['capabilities']

/** What is known of a model besides its price. */
export interface ModelKnowledge {
  readonly name: string
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly capabilities: Capabilities
  /** False for models that only endpoints understand which nobody passes on: moderation, live sessions, video. */
  readonly callable: boolean
}

/** Joins what the provider's list says with what is published; the provider's own word wins. */
export function knowledgeOf(kind: ConnectionKind, baseUrl: string, listed: ListedModel): ModelKnowledge {
  const published = publishedOf(baseUrl, listed.id)
  const chat = chats(listed)
  return {
    name: listed.displayName ?? published?.name ?? listed.id,
    contextTokens: listed.contextWindow ?? published?.contextTokens ?? null,
    maxOutputTokens: listed.maxOutput ?? outputLimitOf(listed.id) ?? null,
    capabilities: capabilitiesOf(kind, listed, chat),
    callable: chat || isPassedOn(listed),
  }
}

interface Published {
  readonly name?: string
  readonly contextTokens?: number
}

/** A family's name is that of one model only when the id is the family's own. */
function publishedOf(baseUrl: string, upstreamId: string): Published | undefined {
  const id = bare(upstreamId)
  const found = findPublished({ address: baseUrl }, id) ?? findByName(id)
  if (!found) return undefined
  const { id: family, name, contextTokens } = found
  return {
    ...(family === id && name !== undefined ? { name } : {}),
    ...(contextTokens === undefined ? {} : { contextTokens }),
  }
}

/** The id without the folder that routers and Google put before it. */
const bare = (upstreamId: string): string => upstreamId.slice(upstreamId.lastIndexOf('/') + 1).toLowerCase()

const otherTrades =
  /embed|whisper|transcri|\btts\b|-tts|speech|moderation|dall-e|imagen|gpt-image|-image\b|image-preview|stable-diffusion|flux|\bveo\b|\bsora\b|realtime|-live-|audio|rerank|safeguard|\bclip\b|\baqa\b|\blyria\b|davinci-00|babbage|instruct$(?<=turbo-instruct)/

/** Those of them that have an endpoint of the gateway: embeddings, images, speech and transcriptions. */
const passedOn =
  /embed|whisper|transcri|\btts\b|-tts|speech|dall-e|imagen|gpt-image|-image\b|image-preview|stable-diffusion|flux/

const isPassedOn = ({ id, capabilities }: ListedModel): boolean =>
  capabilities?.embeddings === true || (passedOn.test(bare(id)) && !/realtime|-live-/.test(bare(id)))

/** False for models that clearly do something else. */
function chats(listed: ListedModel): boolean {
  return listed.capabilities?.embeddings !== true && !otherTrades.test(bare(listed.id))
}

interface Family {
  readonly pattern: RegExp
  readonly can: Partial<Capabilities>
}

const nothing: Omit<Capabilities, 'chat'> = {
  images: false,
  tools: false,
  thinking: false,
  thinkingToggle: false,
}

/**
 * What model families can do, the first match winning. Lists of most providers do not say, and a wrong "no" only
 * hides a button. Sources: the providers' model overviews (docs.claude.com, platform.openai.com, ai.google.dev,
 * ollama.com/library).
 */
const families: readonly Family[] = [
  { pattern: /^claude-(2|instant)/, can: {} },
  { pattern: /^claude-3-(opus|sonnet|haiku|5)/, can: { images: true, tools: true } },
  { pattern: /^claude/, can: { images: true, tools: true, thinking: true, thinkingToggle: true } },
  { pattern: /^gpt-oss/, can: { tools: true, thinking: true } },
  { pattern: /^gpt-3\.5/, can: { tools: true } },
  { pattern: /^gpt-4(-|$)(?!turbo|vision|o|1)/, can: { tools: true } },
  { pattern: /^gpt-5(-chat|\.\d-chat)/, can: { images: true, tools: true } },
  {
    pattern: /^gpt-5\.[1-9]|^gpt-[6-9]/,
    can: { images: true, tools: true, thinking: true, thinkingToggle: true },
  },
  { pattern: /^gpt-5/, can: { images: true, tools: true, thinking: true } },
  { pattern: /^(gpt-4|chatgpt)/, can: { images: true, tools: true } },
  { pattern: /^o1-(mini|preview)/, can: { thinking: true } },
  { pattern: /^o3-mini/, can: { tools: true, thinking: true } },
  { pattern: /^o[134]/, can: { images: true, tools: true, thinking: true } },
  { pattern: /^gemini-2\.5-pro|^gemini-3(\.\d)?-pro/, can: { images: true, tools: true, thinking: true } },
  {
    pattern: /^gemini-(2\.5|[3-9])/,
    can: { images: true, tools: true, thinking: true, thinkingToggle: true },
  },
  { pattern: /^gemini/, can: { images: true, tools: true } },
  { pattern: /^gemma-?[34]/, can: { images: true } },
  {
    pattern: /^(llava|bakllava|moondream|minicpm-v|llama3\.2-vision|granite3\.2-vision)/,
    can: { images: true },
  },
  { pattern: /^qwen[\d.]*-?vl/, can: { images: true, tools: true } },
  {
    pattern: /^(qwen-?3|qwq|deepseek-v3\.[1-9]|magistral)/,
    can: { tools: true, thinking: true, thinkingToggle: true },
  },
  { pattern: /^deepseek-(r1|reasoner)/, can: { thinking: true } },
  { pattern: /^grok-4/, can: { images: true, tools: true, thinking: true } },
  {
    pattern:
      /^(llama-?3\.[1-3]|llama-?4|qwen-?2\.5|mistral|mixtral|ministral|command-r|deepseek|grok|kimi|glm)/,
    can: { tools: true },
  },
]

function capabilitiesOf(kind: ConnectionKind, listed: ListedModel, chat: boolean): Capabilities {
  const family = families.find(({ pattern }) => pattern.test(bare(listed.id)))
  const known = { ...nothing, ...family?.can }
  const stated = listed.capabilities ?? {}
  const thinking = stated.thinking ?? known.thinking
  return {
    chat,
    images: stated.vision ?? known.images,
    tools: stated.tools ?? known.tools,
    thinking,
    // Ollama takes `think` for every model that states the capability, except those that always think.
    thinkingToggle: thinking && (known.thinkingToggle || (kind === 'ollama' && family === undefined)),
  }
}
