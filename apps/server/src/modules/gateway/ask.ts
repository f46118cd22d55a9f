import {
  inbounds,
  type DecodedRequest,
  type DialectName,
  type JsonObject,
  type JsonValue,
  type RequestAddress,
  RequestError,
  shortened,
} from '@atrium/wire'

/** What must be known of a request before anybody is called; nothing else of it is read when its bytes pass untouched. */
export interface Ask {
  readonly model: string
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly maxOutputTokens: number | undefined
  /** How many answers are asked for, or written to choose among: each may be as long as the limit says. */
  readonly answers: number
}

/** No model writes as much, and no budget is meant for it. */
const mostOutputTokens = 10_000_000
const mostMessages = 50_000

/** @throws RequestError for what no model could be asked */
export function askOf(dialect: DialectName, body: JsonObject, address: RequestAddress = {}): Ask {
  const model = address.model ?? body['model']
  if (typeof model !== 'string' || model === '')
    throw new RequestError("Missing required parameter: 'model'.", 'model')
  refuseName(model)
  refuseManyMessages(body)
  const [param, limit] = limitOf(dialect, body)
  refuseLimit(param, limit)
  return {
    model: model.replace(/^models\//, ''),
    stream: streamOf(dialect, body, address),
    includeUsage: asObject(body['stream_options'])?.['include_usage'] === true,
    maxOutputTokens: typeof limit === 'number' && limit > 0 ? limit : undefined,
    answers: answersOf(dialect, body),
  }
}

/** As many as OpenAI gives. */
const mostAnswers = 128

/** @throws RequestError for a number of answers that is none, or that nobody needs */
export function countOfAnswers(value: JsonValue | undefined, param: string): number {
  if (value === undefined || value === null) return 1
  // A provider may read "100" as a number, so it must not pass as one answer.
  if (typeof value !== 'number') throw wrongType(param)
  if (value > mostAnswers) throw new RequestError(`'${param}' must be at most ${mostAnswers}.`, param)
  return value > 1 ? Math.ceil(value) : 1
}

/** Both spellings of a member are read: which one holds is the provider's choice. */
function answersOf(dialect: DialectName, body: JsonObject): number {
  if (dialect === 'anthropic-messages' || dialect === 'ollama') return 1
  if (dialect === 'gemini') {
    let most = 1
    for (const name of ['generationConfig', 'generation_config']) {
      const config = asObject(body[name])
      if (!config) continue
      for (const member of ['candidateCount', 'candidate_count'])
        most = Math.max(most, countOfAnswers(protoInteger(config[member]), `${name}.${member}`))
    }
    return most
  }
  return Math.max(countOfAnswers(body['n'], 'n'), countOfAnswers(body['best_of'], 'best_of'))
}

const longestName = 300

/** @throws RequestError for what no model can be called, and the database would not look up */
export function refuseName(model: string): void {
  if (model.length > longestName) throw new RequestError("'model' is too long.", 'model')
  if (controlCharacter.test(model)) throw new RequestError("'model' has a control character.", 'model')
}

const controlCharacter = /\p{Cc}/u

function refuseLimit(param: string, limit: JsonValue | undefined): void {
  if (limit === undefined || limit === null) return
  if (typeof limit === 'number' && limit > mostOutputTokens)
    throw new RequestError(`'${param}' is larger than any model can write.`, param)
  if (!Number.isInteger(limit)) throw wrongType(param)
}

const wrongType = (param: string): RequestError =>
  new RequestError(`Invalid type for '${param}': expected an integer.`, param)

function refuseManyMessages(body: JsonObject): void {
  for (const name of ['messages', 'contents', 'input']) {
    const list = body[name]
    if (Array.isArray(list) && list.length > mostMessages)
      throw new RequestError(`'${name}' has more than ${mostMessages} elements.`, name)
  }
}

function streamOf(dialect: DialectName, body: JsonObject, address: RequestAddress): boolean {
  if (dialect === 'gemini') return address.stream ?? false
  return dialect === 'ollama' ? body['stream'] !== false : body['stream'] === true
}

/** The ceiling that the client has set, and what its dialect calls it. */
function limitOf(dialect: DialectName, body: JsonObject): [string, JsonValue | undefined] {
  switch (dialect) {
    case 'anthropic-messages':
      return ['max_tokens', body['max_tokens']]
    case 'openai-chat':
      return body['max_completion_tokens'] === undefined
        ? ['max_tokens', body['max_tokens']]
        : ['max_completion_tokens', body['max_completion_tokens']]
    case 'openai-responses':
      return ['max_output_tokens', body['max_output_tokens']]
    case 'gemini': {
      const config = asObject(body['generationConfig'] ?? body['generation_config'])
      const limit = config?.['maxOutputTokens'] ?? config?.['max_output_tokens']
      return ['generationConfig.maxOutputTokens', protoInteger(limit)]
    }
    case 'ollama':
      return ['options.num_predict', asObject(body['options'])?.['num_predict']]
  }
}

/** Gemini takes integers in quotes too. https://protobuf.dev/programming-guides/json/ */
const protoInteger = (value: JsonValue | undefined): JsonValue | undefined =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value

const asObject = (value: JsonValue | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined

/** A request that is decoded when its reply must be translated, once, and not at all when its bytes pass. */
export class LazyRequest {
  readonly #decode: () => DecodedRequest
  #decoded: DecodedRequest | undefined
  /** What was wrong with it; nobody was called then. */
  refusal: RequestError | undefined

  constructor(dialect: DialectName, body: JsonObject, address?: RequestAddress) {
    this.#decode = () => inbounds[dialect].decodeRequest(body, address)
  }

  /** @throws RequestError */
  get decoded(): DecodedRequest {
    try {
      return (this.#decoded ??= withOwnOptions(this.#decode()))
    } catch (error) {
      if (error instanceof RequestError) this.refusal = error
      throw error
    }
  }

  /** Puts another request in the place of the decoded one. */
  replace(change: (decoded: DecodedRequest) => DecodedRequest): void {
    this.#decoded = change(this.decoded)
  }
}

/** Members that only one dialect knows are lost when another must carry the request. */
function withOwnOptions(decoded: DecodedRequest): DecodedRequest {
  const own = Object.entries(decoded.request.providerOptions ?? {}).flatMap(([dialect, options]) =>
    Object.keys(options ?? {}).map((name) => ({
      feature: name,
      action: 'dropped' as const,
      detail: `only the ${dialect} dialect has it`,
    })),
  )
  return own.length === 0 ? decoded : { ...decoded, fidelity: shortened([...decoded.fidelity, ...own]) }
}
