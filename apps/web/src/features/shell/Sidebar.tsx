import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { FailedSilently } from '../../routes/FailedPart.tsx'
import { lazyPart } from '../../routes/lazy-part.tsx'
import { Icon, IconButton, Kbd, SkeletonRows } from '../../ui/index.ts'
import { Later } from './Later.tsx'
import { usePalette } from './palette-state.ts'
import { useOpenSettings } from './use-settings.ts'
import { UserMenu } from './UserMenu.tsx'
import { WorkspaceMenu } from './WorkspaceMenu.tsx'

const ConversationList = lazyPart(async () => (await import('../../routes/chat-parts.ts')).ConversationList, {
  Waiting: ListSkeleton,
})
const Checklist = lazyPart(async () => (await import('./Checklist.tsx')).Checklist, {
  Failed: FailedSilently,
})

const entryClass =
  'touch-target flex h-8 w-full items-center gap-2.5 rounded-6 px-2 text-left transition-colors hover:bg-hover'

interface SidebarProps {
  onCollapse: () => void
  inDrawer?: boolean
}

export function Sidebar({ onCollapse, inDrawer }: SidebarProps) {
  const palette = usePalette()
  const openSettings = useOpenSettings()
  const { can } = useSession()
  return (
    <div className="flex h-full flex-col">
      <header className="flex items-center gap-1 px-2 pt-2 pb-1">
        <WorkspaceMenu />
        <IconButton
          icon={inDrawer ? 'close' : 'sidebar'}
          label={inDrawer ? 'Close navigation' : 'Hide sidebar'}
          {...(inDrawer ? {} : { shortcut: 'mod+shift+s' })}
          onClick={onCollapse}
        />
      </header>
      <nav aria-label="Main" className="flex flex-col px-2 pb-2">
        <AppLink to={paths.home()} className={entryClass}>
          <Icon name="plus" className="text-muted" />
          <span className="flex-1">New chat</span>
        </AppLink>
        <button type="button" onClick={palette.open} className={entryClass}>
          <Icon name="search" className="text-muted" />
          <span className="flex-1">Search</span>
          {!inDrawer && (
            <span className="pointer-coarse:hidden">
              <Kbd keys="mod+k" />
            </span>
          )}
        </button>
        <AppLink to={can('usage:read') ? paths.usage() : paths.models()} className={entryClass}>
          <Icon name="chart" className="text-muted" />
          <span className="flex-1">Console</span>
        </AppLink>
        <button type="button" onClick={() => openSettings()} className={entryClass}>
          <Icon name="settings" className="text-muted" />
          <span className="flex-1">Settings</span>
        </button>
      </nav>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto border-t border-line">
        <ConversationList />
      </div>
      <Later>
        <Checklist />
      </Later>
      <footer className="border-t border-line p-2 pb-[max(8px,env(safe-area-inset-bottom))]">
        <UserMenu />
      </footer>
    </div>
  )
}

function ListSkeleton() {
  return (
    <div className="px-4 pt-2">
      <SkeletonRows rows={5} label="Reading conversations" />
    </div>
  )
}
