import { usePreference } from '../../api/preferences.ts'
import { messageOf } from '../../api/error.ts'
import { useSession } from '../../api/session.tsx'
import { Avatar, Icon, Menu, type MenuEntry, useToast } from '../../ui/index.ts'
import { isUsable } from './commands.tsx'
import { usePalette } from './palette-state.ts'
import { useOpenSettings } from './use-settings.ts'

const themes = [
  { value: 'system', label: 'System theme', icon: 'keyboard' },
  { value: 'light', label: 'Light theme', icon: 'sun' },
  { value: 'dark', label: 'Dark theme', icon: 'moon' },
] as const

/** The person: settings, theme, shortcuts, sign out. */
export function UserMenu({ compact }: { compact?: boolean }) {
  const { person, signOut } = useSession()
  const [theme, setTheme] = usePreference('theme')
  const openSettings = useOpenSettings()
  const palette = usePalette()
  const toast = useToast()
  const leave = () => {
    signOut().catch((error: unknown) => toast({ message: messageOf(error), tone: 'danger' }))
  }
  const items: MenuEntry[] = [
    { label: 'Settings', icon: 'settings', shortcut: 'mod+,', onSelect: () => openSettings('Profile') },
    {
      label: 'Shortcuts',
      icon: 'keyboard',
      shortcut: isUsable('?') ? '?' : undefined,
      onSelect: palette.openShortcuts,
    },
    '-',
    ...themes.map(({ value, label }) => ({
      label,
      checked: theme === value,
      onSelect: () => setTheme(value),
    })),
    '-',
    { label: 'Sign out', icon: 'signOut', onSelect: leave },
  ]
  return (
    <Menu
      label="Account"
      items={items}
      side="above"
      className="w-60"
      header={
        <div className="mb-1 border-b border-line px-2 pt-1 pb-2">
          <p className="truncate font-medium">{person.name}</p>
          <p className="truncate text-12 text-muted">{person.email}</p>
        </div>
      }
      // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
      trigger={(props) => (
        <button
          type="button"
          {...props}
          data-tip={compact ? person.name : undefined}
          className={`touch-target flex items-center gap-2.5 rounded-6 text-left transition-colors hover:bg-hover ${compact ? 'size-8 justify-center' : 'h-9 w-full px-2'}`}
        >
          <Avatar name={person.name} />
          <span className={compact ? 'sr-only' : 'min-w-0 flex-1 truncate'}>{person.name}</span>
          {!compact && <Icon name="ellipsis" className="text-faint" />}
          <span className="sr-only">, account menu</span>
        </button>
      )}
    />
  )
}
