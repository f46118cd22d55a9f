/** Nesting beyond this is no argument of a tool; walking it could exhaust the stack. */
const maxDepth = 64

/** The text with what PostgreSQL cannot hold replaced by U+FFFD. */
export const storableText = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed()

/** The JSON value with texts that PostgreSQL can hold, keys included; what lies too deep becomes null. */
export function storable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return storableText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= maxDepth) return null
  if (Array.isArray(value)) return value.map((one) => storable(one, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [storableText(key), storable(one, depth + 1)]),
  )
}
