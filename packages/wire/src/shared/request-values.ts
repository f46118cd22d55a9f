import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'

/**
 * Views of a client's request. `null` and what is absent are `undefined`; what has another type than the API takes
 * is refused with the path of the member. Ranges are left to the provider, since they differ from model to model.
 */
type Value = JsonValue | undefined

/** @throws RequestError */
export function stringAt(value: Value, path: string): string | undefined {
  return typeof value === 'string' ? value : absent(value, path, 'a string')
}

/** @throws RequestError also for what is absent */
export function requiredStringAt(value: Value, path: string): string {
  return stringAt(value, path) ?? missing(path)
}

/** @throws RequestError */
export function numberAt(value: Value, path: string): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : absent(value, path, 'a number')
}

/** @throws RequestError */
export function integerAt(value: Value, path: string): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : absent(value, path, 'an integer')
}

/** @throws RequestError for what is no integer, or below one */
export function positiveAt(value: Value, path: string): number | undefined {
  const count = integerAt(value, path)
  if (count !== undefined && count < 1) throw new RequestError(`'${path}' must be at least 1.`, path)
  return count
}

/** @throws RequestError */
export function booleanAt(value: Value, path: string): boolean | undefined {
  return typeof value === 'boolean' ? value : absent(value, path, 'a boolean')
}

/** @throws RequestError */
export function objectAt(value: Value, path: string): JsonObject | undefined {
  return isObject(value) ? value : absent(value, path, 'an object')
}

/** @throws RequestError also for what is absent */
export function requiredObjectAt(value: Value, path: string): JsonObject {
  return objectAt(value, path) ?? missing(path)
}

/** @throws RequestError */
export function listAt(value: Value, path: string): JsonValue[] | undefined {
  return Array.isArray(value) ? value : absent(value, path, 'an array')
}

/** @throws RequestError for anything but one of the words */
export function wordAt<T extends string>(value: Value, path: string, words: readonly T[]): T | undefined {
  const text = stringAt(value, path)
  const word = words.find((known) => known === text)
  if (text !== undefined && word === undefined) {
    const list = words.map((known) => `'${known}'`).join(', ')
    throw new RequestError(`Invalid value for '${path}'. Supported values are: ${list}.`, path)
  }
  return word
}

/** @throws RequestError always */
export function missing(path: string): never {
  throw new RequestError(`Missing required parameter: '${path}'.`, path)
}

function absent(value: Value, path: string, expected: string): undefined {
  if (value === undefined || value === null) return undefined
  throw new RequestError(
    `Invalid type for '${path}': expected ${expected}, but got ${kindOf(value)} instead.`,
    path,
  )
}

function isObject(value: Value): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
