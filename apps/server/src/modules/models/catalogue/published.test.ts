import { calcPrice, waitForUpdate } from '@pydantic/genai-prices'
import { expect, it } from 'vitest'
import { findByName, findPublished, pricesAt } from './published.ts'

it('finds the models and prices that the package itself finds, at any time of the day and year', async () => {
  const providers = (await waitForUpdate()) ?? []
  const moments = ['2026-01-15T12:00:00Z', '2026-11-21T01:00:00Z', '2027-03-01T18:00:00Z']
  const differing: string[] = []
  let compared = 0
  for (const provider of providers) {
    for (const model of provider.models) {
      for (const id of [model.id, `${model.id}-20260101`, `x/${model.id}`]) {
        if (calcPrice({}, id)?.model.id !== findByName(id)?.id) differing.push(id)
        for (const moment of moments) {
          const timestamp = new Date(moment)
          const theirs = calcPrice({}, id, { providerId: provider.id, timestamp })
          const ours = findPublished({ id: provider.id }, id)
          const { input_mtok, output_mtok } = ours ? pricesAt(ours, timestamp) : {}
          const same =
            theirs?.model.id === ours?.id &&
            JSON.stringify([theirs?.model_price['input_mtok'], theirs?.model_price['output_mtok']]) ===
              JSON.stringify([input_mtok, output_mtok])
          if (!same) differing.push(`${provider.id}/${id} ${moment}`)
          compared += 1
        }
      }
    }
  }
  expect(differing).toEqual([])
  expect(compared).toBeGreaterThan(10_000)
})
