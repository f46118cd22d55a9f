import { z } from 'zod'
import { invalidInput } from '../errors.ts'

/** Opaque place in a list: the values of its sort key. */
export const encodeCursor = (values: readonly (string | number | boolean | null)[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url')

/** @throws AppError 400 when the text is no cursor of this form */
export function decodeCursor<const S extends readonly [z.ZodType, ...z.ZodType[]]>(
  text: string,
  ...form: S
): z.output<z.ZodTuple<S, null>> {
  try {
    return z.tuple(form).parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    throw invalidInput('cursor: is not one that this list gave out')
  }
}

/** Cuts a list that was read with one row too many, and says where the next page begins. */
export function paginate<T>(
  list: readonly T[],
  limit: number,
  keyOf: (item: T) => readonly (string | number | boolean | null)[],
): { data: T[]; meta: { nextCursor: string | null; hasMore: boolean } } {
  const data = list.slice(0, limit)
  const last = data.at(-1)
  const hasMore = list.length > limit
  return { data, meta: { hasMore, nextCursor: hasMore && last ? encodeCursor(keyOf(last)) : null } }
}
