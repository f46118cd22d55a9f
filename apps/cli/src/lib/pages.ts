interface Page<T> {
  readonly data: readonly T[]
  readonly meta: { readonly nextCursor: string | null }
}

/** Everything that a list holds, page after page. */
export async function allPages<T>(read: (cursor: { cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await read(cursor === null ? {} : { cursor })
    all.push(...page.data)
    cursor = page.meta.nextCursor
  } while (cursor !== null)
  return all
}
