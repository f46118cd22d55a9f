import type { Model } from '@atrium/contract'
import { describe, expect, it } from 'vitest'
import { isDefaultMissing, suggestedModel } from './suggested-model.ts'

const model = (name: string, change: Partial<Model> = {}): Model => ({
  id: `p/${name}`,
  name,
  connectionId: 'c',
  connectionName: 'P',
  enabled: true,
  contextTokens: 200_000,
  maxOutputTokens: 64_000,
  capabilities: { chat: true, images: false, tools: true, thinking: true, thinkingToggle: false },
  price: { inputNanoUsd: '3000000000', outputNanoUsd: '15000000000' },
  label: null,
  ...change,
})
const guide = model('guide', { id: 'atrium/guide', label: 'built-in guide, not a language model' })

describe('the suggested default', () => {
  it.each([
    ['the newest by name', [model('sonnet-4-5'), model('sonnet-4-10'), model('sonnet-3-7')], 'sonnet-4-10'],
    [
      'one of moderate price',
      [
        model('pro-9', { price: { inputNanoUsd: '15000000000', outputNanoUsd: '120000000000' } }),
        model('plus-1'),
      ],
      'plus-1',
    ],
    ['one whose price is known', [model('b', { price: null }), model('a')], 'a'],
    [
      'one that can use tools',
      [model('b', { capabilities: { ...guide.capabilities, tools: false } }), model('a')],
      'a',
    ],
    ['one that is offered', [model('b', { enabled: false }), model('a')], 'a'],
    ['a language model', [guide, model('a', { price: null })], 'a'],
  ])('is %s', (_, models, name) => {
    expect(suggestedModel(models)?.name).toBe(name)
  })

  it('is none where only the guide answers', () => {
    expect(suggestedModel([guide])).toBeUndefined()
  })
})

it('a default is missing while it is the guide, or a model that is gone', () => {
  const models = [guide, model('a')]
  expect(isDefaultMissing(models, 'atrium/guide')).toBe(true)
  expect(isDefaultMissing(models, 'p/gone')).toBe(true)
  expect(isDefaultMissing(models, 'p/a')).toBe(false)
})
