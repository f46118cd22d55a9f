import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/client.ts'

/** A signed address of a file's bytes; good for five minutes, asked for again before that. */
export function useFileUrl(workspaceId: string, fileId: string, enabled = true): string | null {
  const { data } = useQuery({
    queryKey: [workspaceId, 'file-url', fileId],
    queryFn: ({ signal }) => call('createFileUrl', { params: { workspaceId, fileId }, body: {} }, { signal }),
    staleTime: 240_000,
    gcTime: 280_000,
    enabled,
  })
  return data?.url ?? null
}
