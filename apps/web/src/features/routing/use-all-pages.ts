import { useEffect } from 'react'

interface PagedQuery {
  hasNextPage: boolean
  isFetching: boolean
  isError: boolean
  fetchNextPage: () => Promise<unknown>
}

/** Reads the pages of a list one after the other until it is whole. */
export function useAllPages({ hasNextPage, isFetching, isError, fetchNextPage }: PagedQuery): void {
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage()
  }, [hasNextPage, isFetching, isError, fetchNextPage])
}
