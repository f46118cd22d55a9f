import type { AttributeValue } from '@atrium/wire/otlp'
import { text } from './values.ts'

/**
 * Well-known values of `gen_ai.provider.name`, each with the other names under which instrumentations know it:
 * `gen_ai.system` before 1.37, `llm.provider` and `llm.system` of OpenInference, the providers of the AI SDK.
 * Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
 */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  openai: ['open_ai'],
  anthropic: ['claude'],
  'azure.ai.openai': ['azure', 'az.ai.openai', 'azure_openai', 'azure-openai', 'azureopenai'],
  'azure.ai.inference': ['az.ai.inference', 'azure_ai', 'azure-ai-inference'],
  'gcp.gen_ai': ['google', 'gcp', 'google_gen_ai'],
  'gcp.gemini': ['gemini', 'google_genai', 'google-genai', 'google.generative-ai', 'google_ai_studio'],
  'gcp.vertex_ai': ['vertex_ai', 'vertexai', 'vertex', 'google_vertexai', 'google-vertex', 'google.vertex'],
  'aws.bedrock': ['bedrock', 'amazon', 'aws', 'amazon-bedrock', 'amazon_bedrock', 'aws_bedrock'],
  cohere: [],
  deepseek: [],
  groq: [],
  'ibm.watsonx.ai': ['watsonx', 'ibm', 'ibm_watsonx'],
  mistral_ai: ['mistral', 'mistralai', 'mistral-ai'],
  moonshot_ai: ['moonshot', 'moonshotai'],
  perplexity: [],
  x_ai: ['xai', 'x.ai', 'grok'],
}

/** Frameworks that some instrumentations put where the provider belongs. */
const FRAMEWORKS = new Set(['langchain', 'langgraph', 'llamaindex', 'llama_index', 'haystack', 'crewai'])

const KNOWN = new Map(
  Object.entries(PROVIDERS).flatMap(([name, others]) =>
    [name, ...others].map((other) => [other, name] as const),
  ),
)

/** The provider by the name of the conventions; one that they do not know, in lower case. */
export function provider(value: AttributeValue): string | undefined {
  const name = text(value)?.trim().toLowerCase()
  if (name === undefined || name === '' || FRAMEWORKS.has(name)) return undefined
  return KNOWN.get(name) ?? byPrefix(name) ?? name
}

/** The AI SDK appends the kind of model: `openai.chat`, `google.vertex.chat`. */
function byPrefix(name: string): string | undefined {
  const first = name.indexOf('.')
  if (first < 0) return undefined
  const second = name.indexOf('.', first + 1)
  return (second < 0 ? undefined : KNOWN.get(name.slice(0, second))) ?? KNOWN.get(name.slice(0, first))
}
