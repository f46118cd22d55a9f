import type { Model } from '@atrium/contract'

export const guideId = 'atrium/guide'

/** The built-in guide as the catalogue shows it. */
export const guideModel: Model = {
  id: guideId,
  name: 'Guide',
  connectionId: null,
  connectionName: 'Atrium',
  enabled: true,
  contextTokens: null,
  maxOutputTokens: null,
  capabilities: { chat: true, images: false, tools: false, thinking: false, thinkingToggle: false },
  price: { inputNanoUsd: '0', outputNanoUsd: '0' },
  label: 'built-in guide, not a language model',
}
