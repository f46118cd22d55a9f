import { useMemo } from 'react'
import { useSession } from '../../api/session.tsx'
import { useGo } from '../../routes/links.tsx'
import { consolePlaces } from '../gateway/places.ts'
import type { Command } from './commands.tsx'

/** The way to each screen of the console that this person may see. */
export function useConsoleCommands(): Command[] {
  const { can } = useSession()
  const go = useGo()
  return useMemo(
    () =>
      consolePlaces
        .filter(({ needs }) => can(needs))
        .map(({ name, path, icon }) => ({
          id: `console-${name}`,
          title: name,
          section: 'Console',
          icon,
          run: () => go(path),
        })),
    [can, go],
  )
}
