/** One page of a cursor list, as every list of the API answers. */
export interface Page<T> {
  data: T[]
  meta: { nextCursor: string | null; hasMore: boolean }
}
