import type { Model } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'

const lookEveryMs = 1000
const lookForMs = 30_000

/**
 * The models that may be chosen. The list of a new connection is read in the background: while one that is `wanted` is
 * expected, this looks for it again and again, for half a minute.
 */
export function useArrivingModels(
  wanted: (model: Model) => boolean,
  expected: boolean,
): readonly Model[] | undefined {
  const workspaceId = useSession().workspace.id
  const [beganMs] = useState(() => Date.now())
  const { data } = useQuery({
    ...queries.models(workspaceId),
    refetchInterval: ({ state }) => {
      const isOver = Date.now() - beganMs > lookForMs
      return !expected || isOver || state.data?.data.some(wanted) ? false : lookEveryMs
    },
  })
  return data
}
