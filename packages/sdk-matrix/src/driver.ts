/** What the matrix asks of every SDK, in one form, and what it expects back. */

export interface Place {
  /** Of the running Atrium. */
  readonly url: string
  readonly key: string
}

export interface Settings {
  readonly model: string
  readonly stream?: boolean
  /** The weather tool may be called. */
  readonly tools?: boolean
  /** The answer is to be JSON of the shape of `capitalSchema`. */
  readonly json?: boolean
  readonly thinking?: boolean
  readonly signal?: AbortSignal
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly args: unknown
}

export interface Answer {
  readonly text: string
  readonly thoughts: string
  readonly toolCalls: readonly ToolCall[]
  readonly inputTokens: number
  readonly outputTokens: number
  /** How many pieces of text came; 0 when it came whole. */
  readonly pieces: number
}

/** One conversation through one SDK. It keeps the turns as the SDK gave them, and sends them back unchanged. */
export interface Talk {
  say(text: string, picture?: string): Promise<Answer>
  /** Answers the calls of the last answer, in their order. */
  answerTools(outputs: readonly string[]): Promise<Answer>
}

export interface Driver {
  readonly name: string
  open(place: Place, settings: Settings): Talk
  /** The HTTP status that an error of this SDK carries. */
  statusOf(error: unknown): number | undefined
}

export const weatherTool = {
  name: 'weather',
  description: 'The weather of a city now.',
  schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
    additionalProperties: false,
  },
}

export const capitalSchema = {
  type: 'object' as const,
  properties: { capital: { type: 'string' as const }, population: { type: 'number' as const } },
  required: ['capital', 'population'],
  additionalProperties: false,
}

/** A red pixel, PNG, base64. */
export const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

/** A member of an error that SDKs call `status`, `statusCode` or `status_code`. */
export function statusIn(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const found = new Map(Object.entries(error))
  for (const name of ['status', 'statusCode', 'status_code', 'code']) {
    const value = found.get(name) ?? Reflect.get(error, name)
    if (typeof value === 'number') return value
  }
  return undefined
}
