import { requiredObjectAt } from '../shared/request-values.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import { listOf, memberOf, snakeCase } from './inbound-values.ts'

/**
 * JSON Schema from Google's Schema, a subset of OpenAPI 3.0: types in capitals, `nullable`, counts as strings. What is
 * JSON Schema already stays as it is. https://ai.google.dev/api/caching#Schema
 *
 * @throws RequestError for what is no schema, or nested beyond any use
 */
export function decodeSchema(value: JsonValue | undefined, at: string, depth = 0): JsonObject {
  if (depth > maxDepth) throw new RequestError(`'${at}' is nested too deeply.`, at)
  const schema = requiredObjectAt(value, at)
  const members = Object.entries(schema).flatMap(([name, member]): [string, JsonValue][] =>
    member === undefined || ownMembers.has(name) ? [] : [[camelNames.get(name) ?? name, member]],
  )
  const decoded: JsonObject = Object.fromEntries(
    members.map(([name, member]) => [name, decodeMember(name, member, `${at}.${name}`, depth)]),
  )
  return memberOf(schema, 'nullable') === true ? nullable(decoded) : decoded
}

/** Deeper than any schema that a model can follow. */
const maxDepth = 64

/** `nullable` is said by the type; order and example have no word in JSON Schema that models know. */
const ownMembers: ReadonlySet<string> = new Set([
  'nullable',
  'propertyOrdering',
  'property_ordering',
  'example',
])

const counts = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']

const camelNames: ReadonlyMap<string, string> = new Map(
  ['anyOf', ...counts].map((name) => [snakeCase(name), name]),
)

function decodeMember(name: string, member: JsonValue, at: string, depth: number): JsonValue {
  switch (name) {
    case 'type':
      return typeof member === 'string' ? member.toLowerCase() : member
    case 'items':
      return Array.isArray(member) ? member : decodeSchema(member, at, depth + 1)
    case 'properties':
      return decodeProperties(member, at, depth)
    case 'anyOf':
      return (listOf(member) ?? []).map((entry, index) => decodeSchema(entry, `${at}[${index}]`, depth + 1))
    default:
      return counts.includes(name) && typeof member === 'string' && /^\d{1,15}$/u.test(member)
        ? Number(member)
        : member
  }
}

function decodeProperties(member: JsonValue, at: string, depth: number): JsonObject {
  const properties = Object.entries(requiredObjectAt(member, at))
  return Object.fromEntries(
    properties.map(([name, property]) => [name, decodeSchema(property, `${at}.${name}`, depth + 1)]),
  )
}

function nullable(schema: JsonObject): JsonObject {
  const { type, enum: values } = schema
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  const either: JsonObject = { ...schema, type: [type, 'null'] }
  if (Array.isArray(values)) either['enum'] = [...values, null]
  return either
}
