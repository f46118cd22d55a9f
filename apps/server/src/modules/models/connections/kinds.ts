import type { ConnectionKind } from '@atrium/contract'
import type { DialectName } from '@atrium/wire'

interface KindFacts {
  /** Name of a connection that nobody has named. */
  readonly label: string
  readonly dialect: DialectName
  readonly slug: string
  /** False when nobody but the person can know where it is. */
  readonly hasDefaultAddress: boolean
  /** The provider as OpenTelemetry's GenAI conventions name it. */
  readonly telemetryName: string
}

const kinds: Readonly<Record<ConnectionKind, KindFacts>> = {
  anthropic: {
    label: 'Anthropic',
    dialect: 'anthropic-messages',
    slug: 'anthropic',
    hasDefaultAddress: true,
    telemetryName: 'anthropic',
  },
  openai: {
    label: 'OpenAI',
    dialect: 'openai-chat',
    slug: 'openai',
    hasDefaultAddress: true,
    telemetryName: 'openai',
  },
  'openai-responses': {
    label: 'OpenAI',
    dialect: 'openai-responses',
    slug: 'openai',
    hasDefaultAddress: true,
    telemetryName: 'openai',
  },
  google: {
    label: 'Google Gemini',
    dialect: 'gemini',
    slug: 'google',
    hasDefaultAddress: true,
    telemetryName: 'gcp.gemini',
  },
  ollama: {
    label: 'Ollama',
    dialect: 'ollama',
    slug: 'ollama',
    hasDefaultAddress: true,
    telemetryName: 'ollama',
  },
  'openai-compatible': {
    label: 'Provider',
    dialect: 'openai-chat',
    slug: 'custom',
    hasDefaultAddress: false,
    telemetryName: 'openai_compatible',
  },
}

export const factsOfKind = (kind: ConnectionKind): KindFacts => kinds[kind]

/** Where Ollama listens unless it is told otherwise. */
export const localOllamaUrl = 'http://127.0.0.1:11434'
