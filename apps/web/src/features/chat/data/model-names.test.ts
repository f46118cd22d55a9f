import { expect, it } from 'vitest'
import { fullModelName, modelDetails } from './model-names.ts'

const model = (id: string, name: string, connectionName: string) => ({ id, name, connectionName })

it('models of one name are told apart by their connection, and by their id when that is the same too', () => {
  const models = [
    model('openai/gpt', 'gpt', 'OpenAI'),
    model('azure/gpt', 'gpt', 'Azure'),
    model('a/llama', 'llama', 'Cellar'),
    model('b/llama', 'llama', 'Cellar'),
    model('openai/o9', 'o9', 'OpenAI'),
  ]
  const details = modelDetails(models)
  expect(models.map((each) => fullModelName(each, details))).toEqual([
    'gpt · OpenAI',
    'gpt · Azure',
    'llama · a/llama',
    'llama · b/llama',
    'o9',
  ])
})
