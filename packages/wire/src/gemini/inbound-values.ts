import type { JsonObject, JsonValue } from '../spec/json.ts'

/**
 * Google's JSON takes every member in camel case and in snake case.
 * https://protobuf.dev/programming-guides/json/#field-names
 */
export function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return object[name] ?? object[snakeCase(name)]
}

export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`)
}

/** The other members, in the client's spelling. */
export function othersOf(object: JsonObject, known: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([member, value]) => value !== undefined && value !== null && !known.has(member),
    ),
  )
}

/** Names in both spellings. */
export function bothCases(...names: string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [name, snakeCase(name)]))
}

/** A list; where the API takes one, it also takes its only element. @returns `undefined` when absent */
export function listOf(value: JsonValue | undefined): JsonValue[] | undefined {
  if (value === undefined || value === null) return undefined
  return Array.isArray(value) ? value : [value]
}
