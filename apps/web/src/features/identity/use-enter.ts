import type { Reply } from '../../api/client.ts'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { keys } from '../../api/queries.ts'
import { useBootstrap } from '../../api/session.tsx'
import { useGo } from '../../routes/links.tsx'

/** Goes into the app with the person that a sign-in or sign-up answered with. */
export function useEnter(): (reply: Reply<'signIn'>, path: string) => void {
  const client = useQueryClient()
  const { bootstrap } = useBootstrap()
  const go = useGo()
  return useCallback(
    ({ person, workspaces }, path) => {
      // Nothing that was read as somebody else may be shown to this person.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.bootstrap[0] })
      if (bootstrap) {
        client.setQueryData(keys.bootstrap, { ...bootstrap, needsOwner: false, person, workspaces })
      }
      void client.invalidateQueries({ queryKey: keys.bootstrap })
      go(path, { replace: true })
    },
    [client, bootstrap, go],
  )
}
