import { useInfiniteQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { consoleQueries } from '../keys/console-queries.ts'
import { useAllPages } from './use-all-pages.ts'

export interface Choice {
  value: string
  label: string
}

/** Whom a rule may be about. Lists that the role may not read are empty. */
export interface Choices {
  people: Choice[]
  teams: Choice[]
  keys: Choice[]
}

export function useChoices(): Choices {
  const { workspace, can } = useSession()
  const people = useInfiniteQuery({ ...queries.members(workspace.id), enabled: can('member:read') })
  const teams = useInfiniteQuery({ ...consoleQueries.teams(workspace.id), enabled: can('team:read') })
  const keys = useInfiniteQuery({ ...queries.apiKeys(workspace.id), enabled: can('key:read') })
  useAllPages(people)
  useAllPages(teams)
  useAllPages(keys)
  return {
    people: (people.data ?? []).map(({ personId, name, email }) => ({
      value: personId,
      label: `${name} (${email})`,
    })),
    teams: (teams.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
    keys: (keys.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
  }
}
