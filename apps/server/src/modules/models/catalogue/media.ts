/** Tokens of sound and images among the counts of a reply. */
export interface MediaTokens {
  readonly inputAudio: number
  readonly cacheReadAudio: number
  readonly outputAudio: number
  readonly inputImage: number
  readonly cacheReadImage: number
  readonly outputImage: number
}

/**
 * What a provider says of sound and images in its own words of the usage. OpenAI writes `prompt_tokens_details`,
 * `input_tokens_details` or `input_token_details` with `audio_tokens` and `image_tokens`, what was cached included
 * (https://platform.openai.com/docs/api-reference); Gemini lists `promptTokensDetails` and `cacheTokensDetails` by
 * modality (https://ai.google.dev/api/generate-content#UsageMetadata).
 */
export function mediaOf(raw: unknown): MediaTokens | null {
  if (!isObject(raw)) return null
  const input = countsOf(
    raw['prompt_tokens_details'] ??
      raw['input_tokens_details'] ??
      raw['input_token_details'] ??
      raw['promptTokensDetails'],
  )
  const output = countsOf(
    raw['completion_tokens_details'] ??
      raw['output_tokens_details'] ??
      raw['output_token_details'] ??
      raw['candidatesTokensDetails'],
  )
  const cached = input.cached ?? countsOf(raw['cacheTokensDetails'])
  const media = {
    inputAudio: Math.max(0, input.audio - cached.audio),
    cacheReadAudio: Math.min(cached.audio, input.audio),
    outputAudio: output.audio,
    inputImage: Math.max(0, input.image - cached.image),
    cacheReadImage: Math.min(cached.image, input.image),
    outputImage: output.image,
  }
  return Object.values(media).some((count) => count > 0) ? media : null
}

interface Counts {
  readonly audio: number
  readonly image: number
  readonly cached?: Counts
}

function countsOf(value: unknown): Counts {
  if (Array.isArray(value)) return { audio: ofModality(value, 'AUDIO'), image: ofModality(value, 'IMAGE') }
  if (!isObject(value)) return { audio: 0, image: 0 }
  const cached = value['cached_tokens_details']
  return {
    audio: countOf(value['audio_tokens']),
    image: countOf(value['image_tokens']),
    ...(isObject(cached) ? { cached: countsOf(cached) } : {}),
  }
}

function ofModality(list: readonly unknown[], modality: string): number {
  const entries = list.filter(isObject).filter((entry) => entry['modality'] === modality)
  return entries.reduce((sum, entry) => sum + countOf(entry['tokenCount']), 0)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const countOf = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
