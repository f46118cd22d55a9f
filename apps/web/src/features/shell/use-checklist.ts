import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { usePreference } from '../../api/preferences.ts'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import type { SettingsSection } from '../../paths.ts'

export interface ChecklistStep {
  title: string
  done: boolean
  /** Where it is done. */
  section: SettingsSection
}

/** What an owner does first in a new workspace; null when there is nothing (more) to show. */
export function useChecklist(): { steps: ChecklistStep[]; hide: () => void } | null {
  const { workspace, person } = useSession()
  const [hidden, setHidden] = usePreference('checklistHidden')
  const wanted = workspace.role === 'owner' && !hidden
  const models = useQuery({ ...queries.models(workspace.id), enabled: wanted })
  const members = useInfiniteQuery({ ...queries.members(workspace.id), enabled: wanted })
  const invitations = useInfiniteQuery({ ...queries.invitations(workspace.id), enabled: wanted })
  if (!wanted || !models.data || !members.data || !invitations.data) return null
  const steps: ChecklistStep[] = [
    { title: 'Connect a model', done: models.data.some(({ label }) => label === null), section: 'Models' },
    {
      title: 'Invite a colleague',
      done: members.data.length > 1 || invitations.data.length > 0,
      section: 'Members',
    },
    { title: 'Tell Atrium about you', done: person.instructions !== '', section: 'Profile' },
  ]
  return steps.every(({ done }) => done) ? null : { steps, hide: () => setHidden(true) }
}
