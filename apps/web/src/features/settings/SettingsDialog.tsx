import type { ComponentType } from 'react'
import { useSession } from '../../api/session.tsx'
import type { SettingsSection } from '../../paths.ts'
import { cx, Icon, IconButton, Modal, Select } from '../../ui/index.ts'
import { ApiKeysPanel } from '../identity/settings/ApiKeysPanel.tsx'
import { AuditPanel } from '../identity/settings/AuditPanel.tsx'
import { MailPanel } from '../identity/settings/MailPanel.tsx'
import { MembersPanel } from '../identity/settings/MembersPanel.tsx'
import { ProfilePanel } from '../identity/settings/ProfilePanel.tsx'
import { SecurityPanel } from '../identity/settings/SecurityPanel.tsx'
import { WorkspacePanel } from '../identity/settings/WorkspacePanel.tsx'
import { ModelsPanel } from '../models/ModelsPanel.tsx'
import { useCloseSettings, useOpenSettings } from '../shell/use-settings.ts'
import { AppearancePanel } from './AppearancePanel.tsx'
import { type SectionInfo, visibleSections } from './sections.ts'
import { StylesPanel } from './StylesPanel.tsx'

const panels: Record<SettingsSection, ComponentType> = {
  Profile: ProfilePanel,
  Appearance: AppearancePanel,
  Security: SecurityPanel,
  Styles: StylesPanel,
  Workspace: WorkspacePanel,
  Members: MembersPanel,
  Models: ModelsPanel,
  ApiKeys: ApiKeysPanel,
  Audit: AuditPanel,
  Mail: MailPanel,
}

/** Settings over the current page; the whole screen on a phone. */
export function SettingsDialog({ section }: { section: SettingsSection }) {
  const close = useCloseSettings()
  const open = useOpenSettings()
  const sections = visibleSections(useSession())
  const shown = sections.find(({ id }) => id === section)?.id ?? 'Profile'
  const Shown = panels[shown]
  return (
    <Modal
      onClose={close}
      label="Settings"
      className="m-auto h-dvh max-h-dvh w-full max-w-full animate-enter overflow-hidden max-md:border-0 md:h-[min(46rem,88dvh)] md:w-[min(62rem,94vw)] md:rounded-10"
    >
      <div className="flex h-full max-md:flex-col">
        <div className="flex shrink-0 items-center gap-3 border-b border-line px-4 py-2 pt-[max(8px,env(safe-area-inset-top))] md:hidden">
          <SectionSelect sections={sections} value={shown} onValue={open} />
          <IconButton icon="close" label="Close settings" onClick={close} />
        </div>
        <div className="hidden w-52 shrink-0 flex-col gap-4 overflow-y-auto border-r border-line bg-sunken p-3 md:flex">
          <h1 className="px-2 pt-1 text-16 font-semibold">Settings</h1>
          <SectionNav sections={sections} shown={shown} open={open} />
        </div>
        <div key={shown} className="relative min-h-0 min-w-0 flex-1 overflow-y-auto overscroll-contain">
          <IconButton
            icon="close"
            label="Close settings"
            onClick={close}
            className="sticky top-3 float-right mr-3 bg-paper max-md:hidden"
          />
          <div className="px-4 py-6 md:px-8">
            <Shown />
          </div>
        </div>
      </div>
    </Modal>
  )
}

interface SectionNavProps {
  sections: readonly SectionInfo[]
  shown: SettingsSection
  open: (section: SettingsSection) => void
}

function SectionNav({ sections, shown, open }: SectionNavProps) {
  return (
    <nav aria-label="Settings" className="flex flex-col gap-4">
      {[...Map.groupBy(sections, ({ group }) => group)].map(([group, members]) => (
        <div key={group} className="flex flex-col">
          <h2 className="px-2 pb-1 text-12 text-muted">{group}</h2>
          {members.map(({ id, name, icon }) => (
            <button
              key={id}
              type="button"
              aria-current={id === shown ? 'page' : undefined}
              {...(id === shown ? { 'data-autofocus': true } : {})}
              onClick={() => open(id)}
              className={cx(
                'flex h-8 items-center gap-2.5 rounded-6 px-2 text-left transition-colors hover:bg-hover',
                id === shown ? 'bg-pressed font-medium' : 'text-muted hover:text-ink',
              )}
            >
              <Icon name={icon} />
              {name}
            </button>
          ))}
        </div>
      ))}
    </nav>
  )
}

interface SectionSelectProps {
  sections: readonly SectionInfo[]
  value: SettingsSection
  onValue: (section: SettingsSection) => void
}

const SectionSelect = ({ sections, value, onValue }: SectionSelectProps) => (
  <Select
    label="Section of the settings"
    hideLabel
    className="flex-1"
    options={sections.map(({ id, name, group }) => ({ value: id, label: name, group }))}
    value={value}
    onValue={onValue}
  />
)
