import type { ConnectionKind } from '@atrium/contract'

/** What the connection form asks for, by kind of provider. */
export interface Provider {
  kind: ConnectionKind
  name: string
  /** One line under the name. */
  text: string
  key: 'required' | 'optional' | 'none'
  /** How its keys begin. */
  keyHint: string
  /** The address: the provider's own unless one is given, or always asked for. */
  baseUrl: 'optional' | 'required'
  baseUrlHint: string
}

export const providers: readonly Provider[] = [
  {
    kind: 'anthropic',
    name: 'Anthropic',
    text: 'Claude models',
    key: 'required',
    keyHint: 'sk-ant-…',
    baseUrl: 'optional',
    baseUrlHint: 'https://api.anthropic.com',
  },
  {
    kind: 'openai',
    name: 'OpenAI',
    text: 'GPT models; choose this one if unsure',
    key: 'required',
    keyHint: 'sk-…',
    baseUrl: 'optional',
    baseUrlHint: 'https://api.openai.com/v1',
  },
  {
    kind: 'openai-responses',
    name: 'OpenAI Responses',
    text: 'The same models through the newer API, which shows their reasoning',
    key: 'required',
    keyHint: 'sk-…',
    baseUrl: 'optional',
    baseUrlHint: 'https://api.openai.com/v1',
  },
  {
    kind: 'google',
    name: 'Google',
    text: 'Gemini models',
    key: 'required',
    keyHint: 'AIza…',
    baseUrl: 'optional',
    baseUrlHint: 'https://generativelanguage.googleapis.com',
  },
  {
    kind: 'ollama',
    name: 'Ollama',
    text: 'Models on your own machines; no key',
    key: 'none',
    keyHint: '',
    baseUrl: 'optional',
    baseUrlHint: 'http://127.0.0.1:11434',
  },
  {
    kind: 'openai-compatible',
    name: 'OpenAI-compatible',
    text: 'vLLM, LM Studio, OpenRouter and others',
    key: 'optional',
    keyHint: 'if the server asks for one',
    baseUrl: 'required',
    baseUrlHint: 'https://models.example.com/v1',
  },
]

export function providerOf(kind: ConnectionKind): Provider {
  const provider = providers.find((candidate) => candidate.kind === kind)
  if (!provider) throw new Error(`No provider of kind ${kind}`)
  return provider
}
