import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './error.ts'

const attempts = 3

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: 'always',
        staleTime: 10_000,
        retry: (failures, error) => error instanceof ApiError && error.isTemporary && failures < attempts,
        retryDelay: (failures) => Math.min(500 * 2 ** failures, 5000),
      },
      mutations: { networkMode: 'always' },
    },
  })
}
