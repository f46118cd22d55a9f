import { createRequire } from 'node:module'
import type * as prices from '@pydantic/genai-prices'

const require = createRequire(import.meta.url)

/**
 * What is published of models: prices, names, context windows. The table takes 10 MB, so it is loaded with the first
 * question, in 30 ms; a server without remote models never asks one.
 */
export const calcPrice: typeof prices.calcPrice = (...question) =>
  // Node keeps what it has loaded: later calls only look it up.
  (require('@pydantic/genai-prices') as typeof prices).calcPrice(...question)
