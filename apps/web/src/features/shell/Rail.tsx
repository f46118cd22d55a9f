import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { IconButton } from '../../ui/index.ts'
import { usePalette } from './palette-state.ts'
import { useOpenSettings } from './use-settings.ts'
import { UserMenu } from './UserMenu.tsx'

/** What stays of the sidebar when it is hidden. */
export function Rail({ onExpand }: { onExpand: () => void }) {
  const palette = usePalette()
  const go = useGo()
  const openSettings = useOpenSettings()
  const { can } = useSession()
  return (
    <nav aria-label="Main" className="flex h-full flex-col items-center gap-1 py-2">
      <IconButton icon="sidebar" label="Show sidebar" shortcut="mod+shift+s" onClick={onExpand} />
      <IconButton icon="plus" label="New chat" shortcut="mod+shift+o" onClick={() => go(paths.home())} />
      <IconButton icon="search" label="Search" shortcut="mod+k" onClick={palette.open} />
      <IconButton
        icon="chart"
        label="Console"
        onClick={() => go(can('usage:read') ? paths.usage() : paths.models())}
      />
      <IconButton icon="settings" label="Settings" shortcut="mod+," onClick={() => openSettings()} />
      <div className="mt-auto">
        <UserMenu compact />
      </div>
    </nav>
  )
}
