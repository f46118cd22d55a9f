import type { Json } from '../../json.ts'

/** Reads a member by its camelCase name or its snake_case twin: the JSON form of protobuf allows both. */
export function member(object: Json, name: string): unknown {
  return object[name] ?? object[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]
}
