import type { ReactNode } from 'react'
import { Button, ErrorState, SkeletonRows } from '../ui/index.ts'

/** The part of a query that a list needs, paged or not. */
interface ListQuery<T> {
  data: T[] | undefined
  error: Error | null
  refetch: () => Promise<unknown>
  hasNextPage?: boolean
  isFetchingNextPage?: boolean
  fetchNextPage?: () => Promise<unknown>
}

interface LoadedProps<T> {
  query: ListQuery<T>
  /** What is read, in the plural: “members”. */
  what: string
  empty: ReactNode
  skeletonRows?: number
  children: (data: T[]) => ReactNode
}

/** A list in all its states: on its way, failed, empty, there, and with more to come. Known data never goes blank. */
export function Loaded<T>({ query, what, empty, skeletonRows, children }: LoadedProps<T>) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const failure = error && (
    <ErrorState error={error} title={`The ${what} could not be read.`} onRetry={() => void refetch()} />
  )
  if (!data) return failure ?? <SkeletonRows rows={skeletonRows ?? 4} label={`Reading the ${what}`} />
  return (
    <div className="flex flex-col gap-3">
      {failure}
      {data.length === 0 ? empty : children(data)}
      {hasNextPage && fetchNextPage && (
        <div>
          <Button busy={isFetchingNextPage ?? false} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </div>
  )
}
