import type { Model } from '@atrium/contract'

/** Dearer models, in nano-dollars for a million tokens of output, are not proposed as everybody's default. */
const dearNanoUsd = 30_000_000_000n

/** The built-in guide and the like answer, but are no language models; embeddings and images are no answers. */
export const isReal = ({ label, enabled, capabilities }: Model): boolean =>
  label === null && enabled && capabilities.chat

/** Whether new conversations begin without a language model, although there may be some by now. */
export const isDefaultMissing = (models: readonly Model[], defaultModel: string): boolean =>
  !models.some((model) => model.id === defaultModel && isReal(model))

/** The model to propose as the default: of known and moderate price, able, with room; the newest by its name. */
export function suggestedModel(models: readonly Model[]): Model | undefined {
  return models.filter(isReal).toSorted(byFitness)[0]
}

function byFitness(a: Model, b: Model): number {
  const [left, right] = [fitness(a), fitness(b)]
  const at = left.findIndex((value, index) => value !== right[index])
  if (at === -1) return b.name.localeCompare(a.name, 'en', { numeric: true })
  return (right[at] ?? 0) - (left[at] ?? 0)
}

/** What counts, the weightiest first. */
const fitness = ({ price, capabilities, maxOutputTokens, contextTokens }: Model): number[] => [
  price && BigInt(price.outputNanoUsd) <= dearNanoUsd ? 1 : 0,
  capabilities.tools ? 1 : 0,
  capabilities.thinking ? 1 : 0,
  maxOutputTokens ?? 0,
  contextTokens ?? 0,
]
