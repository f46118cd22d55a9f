import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'

/**
 * Views of a client's request that refuse it in the API's own words. `null` counts as absent. Paths are written
 * `messages[0].content`; the words have them as `messages.0.content`.
 */
type Value = JsonValue | undefined

/** @throws RequestError always */
export function refuse(path: string, words: string): never {
  throw new RequestError(`${path.replaceAll(/\[(\d+)\]/gu, '.$1')}: ${words}`, path)
}

export function required<T>(value: T | undefined, path: string): T {
  return value ?? refuse(path, 'Field required')
}

export function stringAt(value: Value, path: string): string | undefined {
  return typeof value === 'string' ? value : absent(value, path, 'string')
}

export function numberAt(value: Value, path: string): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : absent(value, path, 'number')
}

export function integerAt(value: Value, path: string, minimum: number): number | undefined {
  const number = Number.isSafeInteger(value) ? (value as number) : absent(value, path, 'integer')
  if (number !== undefined && number < minimum) {
    refuse(path, `Input should be greater than or equal to ${minimum}`)
  }
  return number
}

export function booleanAt(value: Value, path: string): boolean | undefined {
  return typeof value === 'boolean' ? value : absent(value, path, 'boolean')
}

export function objectAt(value: Value, path: string): JsonObject | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? value : absent(value, path, 'dictionary')
}

export function listAt(value: Value, path: string): JsonValue[] | undefined {
  return Array.isArray(value) ? value : absent(value, path, 'list')
}

/** @throws RequestError for anything but one of the words */
export function wordAt<const T extends string>(
  value: Value,
  path: string,
  words: readonly T[],
): T | undefined {
  const given = stringAt(value, path)
  const word = words.find((known) => known === given)
  if (given !== undefined && word === undefined) {
    const quoted = words.map((known) => `'${known}'`)
    refuse(
      path,
      `Input should be ${[quoted.slice(0, -1).join(', '), quoted.at(-1)].filter(Boolean).join(' or ')}`,
    )
  }
  return word
}

/** The objects of a list, each with its path. */
export function objectsAt(value: Value, path: string): [JsonObject, string][] {
  return (listAt(value, path) ?? []).map((item, index) => {
    const at = `${path}[${index}]`
    return [required(objectAt(item, at), at), at]
  })
}

function absent(value: Value, path: string, expected: string): undefined {
  if (value === undefined || value === null) return undefined
  refuse(path, `Input should be a valid ${expected}`)
}
