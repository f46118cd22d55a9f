import type { DialectName, RequestAddress } from '@atrium/wire'

/** What an address asks for. */
export type Endpoint =
  | { readonly kind: 'generate'; readonly address?: RequestAddress; readonly path?: string }
  | { readonly kind: 'count'; readonly model?: string; readonly path: string }
  /** Passed on to providers that have it; `paths` say where, by their dialect. */
  | {
      readonly kind: 'forward'
      readonly model?: string
      readonly paths: ForwardPaths
      readonly form?: 'multipart'
    }
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly id: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'unknown' }

export type ForwardPaths = Readonly<Partial<Record<DialectName, string>>>

/** An address: whose API it belongs to, what it asks for, and by which method. */
export interface Address {
  readonly dialect: DialectName
  readonly method: 'GET' | 'POST'
  readonly endpoint: Endpoint
}

/** Paths under `/api/` that Ollama's clients know; the others there are the product's own. */
const ollamaPaths: ReadonlyMap<string, Omit<Address, 'dialect'>> = new Map<string, Omit<Address, 'dialect'>>([
  ['/api/chat', { method: 'POST', endpoint: { kind: 'generate' } }],
  ['/api/generate', { method: 'POST', endpoint: { kind: 'generate', path: '/api/generate' } }],
  ['/api/tags', { method: 'GET', endpoint: { kind: 'models' } }],
  ['/api/show', { method: 'POST', endpoint: { kind: 'model', id: '' } }],
  ['/api/version', { method: 'GET', endpoint: { kind: 'version' } }],
  ['/api/embed', { method: 'POST', endpoint: { kind: 'forward', paths: { ollama: '/api/embed' } } }],
  [
    '/api/embeddings',
    { method: 'POST', endpoint: { kind: 'forward', paths: { ollama: '/api/embeddings' } } },
  ],
])
const otherOllamaPaths = new Set(
  ['pull', 'push', 'create', 'copy', 'delete', 'ps'].map((one) => `/api/${one}`),
)

/** What figures call a path of the gateway, without names of models; null for paths that are not its own. */
export function gatewayRouteOf(path: string): string | null {
  if (!isGatewayPath(path)) return null
  if (openaiPaths.has(path) || ollamaPaths.has(path)) return path
  const version = path.slice(0, path.indexOf('/', 1))
  const [, model = '', verb = ''] = /^\/models(\/[^:]*)?(:\w+)?/.exec(path.slice(version.length)) ?? []
  if (model === '') return path === `${version}/models` ? path : `${version}/*`
  return `${version}/models/{model}${verbs.has(verb) ? verb : ''}`
}

const verbs = new Set([
  ':generateContent',
  ':streamGenerateContent',
  ':countTokens',
  ':embedContent',
  ':batchEmbedContents',
])

/** Whether the gateway answers at this path. */
function isGatewayPath(path: string): boolean {
  if (path.startsWith('/v1')) return path.startsWith('/v1/') || path.startsWith('/v1beta/')
  return path.startsWith('/api/') && (ollamaPaths.has(path) || otherOllamaPaths.has(path))
}

const openaiPaths: ReadonlyMap<string, Address> = new Map<string, Address>([
  ['/v1/chat/completions', { dialect: 'openai-chat', method: 'POST', endpoint: { kind: 'generate' } }],
  ['/v1/responses', { dialect: 'openai-responses', method: 'POST', endpoint: { kind: 'generate' } }],
  ['/v1/messages', { dialect: 'anthropic-messages', method: 'POST', endpoint: { kind: 'generate' } }],
  [
    '/v1/messages/count_tokens',
    {
      dialect: 'anthropic-messages',
      method: 'POST',
      endpoint: { kind: 'count', path: '/v1/messages/count_tokens' },
    },
  ],
  ['/v1/embeddings', openaiForward('/embeddings', '/v1/embeddings')],
  ['/v1/images/generations', openaiForward('/images/generations')],
  ['/v1/audio/speech', openaiForward('/audio/speech')],
  ['/v1/audio/transcriptions', openaiForm('/audio/transcriptions')],
  ['/v1/audio/translations', openaiForm('/audio/translations')],
])

/** Ollama has OpenAI's embeddings too. */
function openaiForward(path: string, ollama?: string): Address {
  const paths: ForwardPaths = {
    'openai-chat': path,
    'openai-responses': path,
    ...(ollama === undefined ? {} : { ollama }),
  }
  return { dialect: 'openai-chat', method: 'POST', endpoint: { kind: 'forward', paths } }
}

function openaiForm(path: string): Address {
  const paths: ForwardPaths = { 'openai-chat': path, 'openai-responses': path }
  return { dialect: 'openai-chat', method: 'POST', endpoint: { kind: 'forward', paths, form: 'multipart' } }
}

/**
 * What a URL of the gateway asks for. `anthropic` tells that the headers are those of Anthropic's clients, whose list
 * of models has the same address as OpenAI's.
 */
export function addressOf(path: string, query: string, anthropic: boolean): Address {
  const ollama = path.startsWith('/api/') ? ollamaPaths.get(path) : undefined
  if (ollama) return { dialect: 'ollama', ...ollama }
  if (path.startsWith('/api/')) return unknown('ollama')
  const known = openaiPaths.get(path)
  if (known) return known
  const isBeta = path.startsWith('/v1beta/')
  const models = modelsAddress(
    path.slice(isBeta ? '/v1beta/'.length : '/v1/'.length),
    isBeta,
    query,
    anthropic,
  )
  if (models) return models
  if (isBeta) return unknown('gemini')
  return unknown(anthropic || path.startsWith('/v1/messages') ? 'anthropic-messages' : 'openai-chat')
}

const unknown = (dialect: DialectName): Address => ({ dialect, method: 'GET', endpoint: { kind: 'unknown' } })

/** `models`, `models/{id}` (ids may have slashes) and `models/{id}:{verb}`. */
function modelsAddress(
  rest: string,
  isBeta: boolean,
  query: string,
  anthropic: boolean,
): Address | undefined {
  const dialect = isBeta ? 'gemini' : anthropic ? 'anthropic-messages' : 'openai-chat'
  if (rest === 'models') return { dialect, method: 'GET', endpoint: { kind: 'models' } }
  const isPlain = rest.startsWith('models/')
  // Vercel's SDK puts a name that has a slash where `models/{name}` would stand.
  if (!isPlain && !(isBeta && /^[^/]+\/.*:\w+$/.test(rest))) return undefined
  const name = decoded(isPlain ? rest.slice('models/'.length) : rest)
  if (name === undefined || name === '') return undefined
  const colon = name.lastIndexOf(':')
  const verb = colon < 0 ? undefined : geminiVerb(name.slice(0, colon), name.slice(colon + 1), query)
  if (verb) return { dialect: 'gemini', method: 'POST', endpoint: verb }
  if (!isPlain) return undefined
  return { dialect, method: 'GET', endpoint: { kind: 'model', id: name } }
}

function geminiVerb(model: string, verb: string, query: string): Endpoint | undefined {
  switch (verb) {
    case 'generateContent':
      return { kind: 'generate', address: { model, stream: false } }
    case 'streamGenerateContent':
      return { kind: 'generate', address: { model, stream: true, sse: /(?:^|&)alt=sse(?:&|$)/.test(query) } }
    case 'countTokens':
      return { kind: 'count', model, path: '/v1beta/models/{model}:countTokens' }
    case 'embedContent':
    case 'batchEmbedContents':
      return { kind: 'forward', model, paths: { gemini: `/v1beta/models/{model}:${verb}` } }
    default:
      return undefined
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
