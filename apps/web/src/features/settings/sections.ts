import type { Session } from '../../api/session.tsx'
import type { SettingsSection } from '../../paths.ts'
import type { IconName } from '../../ui/index.ts'

export interface SectionInfo {
  id: SettingsSection
  name: string
  icon: IconName
  group: 'You' | 'Workspace' | 'Installation'
}

const sections: readonly SectionInfo[] = [
  { id: 'Profile', name: 'Profile', icon: 'person', group: 'You' },
  { id: 'Appearance', name: 'Appearance', icon: 'sun', group: 'You' },
  { id: 'Security', name: 'Security', icon: 'lock', group: 'You' },
  { id: 'Styles', name: 'Styles', icon: 'text', group: 'You' },
  { id: 'Workspace', name: 'General', icon: 'folder', group: 'Workspace' },
  { id: 'Members', name: 'Members', icon: 'people', group: 'Workspace' },
  { id: 'Models', name: 'Models', icon: 'network', group: 'Workspace' },
  { id: 'ApiKeys', name: 'API keys', icon: 'key', group: 'Workspace' },
  { id: 'Audit', name: 'Audit log', icon: 'history', group: 'Workspace' },
  { id: 'Mail', name: 'Mail outbox', icon: 'mail', group: 'Installation' },
]

/** The sections that this person may see here. */
export function visibleSections({ can, person }: Pick<Session, 'can' | 'person'>): SectionInfo[] {
  const hidden = new Set<SettingsSection>()
  if (!can('key:read')) hidden.add('ApiKeys')
  if (!can('audit:read')) hidden.add('Audit')
  if (!person.isOperator) hidden.add('Mail')
  return sections.filter(({ id }) => !hidden.has(id))
}
