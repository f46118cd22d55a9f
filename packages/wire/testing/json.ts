import fc from 'fast-check'
import type { JsonValue } from '../src/index.ts'

/** Any value of JSON as it is read back: unlike `fc.jsonValue`, never `-0`, which JSON writes as `0`. */
export const jsonValue = (constraints?: Parameters<typeof fc.jsonValue>[0]): fc.Arbitrary<JsonValue> =>
  fc.jsonValue(constraints).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)
