import { createHash } from 'node:crypto'
import { numberOf, textOf, type Json } from '../json.ts'
import { invalid } from '../refusal.ts'
import { estimateTokens } from '../tokens.ts'

const defaultDimensions = 256

/**
 * Embeds texts as bags of hashed words: unit vectors, equal for equal texts, and close for texts that share words.
 * Source: https://platform.openai.com/docs/api-reference/embeddings/create. Throws a `Refusal`.
 */
export function embed(body: Json): Json {
  const model = textOf(body['model'])
  if (model === '') throw invalid('you must provide a model parameter')
  const texts = [body['input']]
    .flat()
    .map((input) => (typeof input === 'string' ? input : JSON.stringify(input)))
  if (texts.length === 0 || texts.some((text) => text === '' || text === undefined)) {
    throw invalid("'$.input' is invalid. Please check the API reference.", 'input')
  }
  const size = numberOf(body['dimensions']) ?? defaultDimensions
  const data = texts.map((text, index) => {
    const vector = vectorOf(text, size)
    const embedding =
      body['encoding_format'] === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector]
    return { object: 'embedding', index, embedding }
  })
  const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0)
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

function vectorOf(text: string, size: number): Float32Array {
  const vector = new Float32Array(size)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    const digest = createHash('sha256').update(word).digest()
    for (let at = 0; at < 16; at += 4) {
      const place = digest.readUInt32LE(at) % size
      vector[place] = (vector[place] ?? 0) + (digest.readInt8(at + 16) < 0 ? -1 : 1)
    }
  }
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}
