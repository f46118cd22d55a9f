import type { JsonObject, JsonValue } from '../spec/json.ts'

/** Parses JSON from a provider; `undefined` when it is none. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/**
 * Views of an untrusted value. A provider's message is read member by member, since a schema over every event of a
 * stream would cost more than all the rest; what has another type than expected counts as absent.
 */
export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

export function arrayOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : []
}

/** The objects of an array; whatever else it holds is passed over. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return arrayOf(value).flatMap((item) => {
    const object = objectOf(item)
    return object ? [object] : []
  })
}

export function stringOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A position in a list, as providers number blocks and calls. */
export function indexOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** Without the members that are `undefined`. */
export function compact(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
