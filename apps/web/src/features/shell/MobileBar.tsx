import type { Ref } from 'react'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { Icon, IconButton } from '../../ui/index.ts'

interface MobileBarProps {
  onMenu: () => void
  /** The place in the middle that `MobileSlot` tells the screens of. */
  slot: Ref<HTMLDivElement>
}

/** The one line at the top of a phone: the screen's title, or the workspace's name. */
export function MobileBar({ onMenu, slot }: MobileBarProps) {
  const { workspace } = useSession()
  return (
    <header className="flex h-[calc(48px+env(safe-area-inset-top))] shrink-0 items-center gap-1 border-b border-line px-1 pt-[env(safe-area-inset-top)]">
      <IconButton icon="menu" label="Open navigation" onClick={onMenu} />
      <div ref={slot} className="peer flex min-w-0 flex-1 items-center empty:hidden" />
      <span className="min-w-0 flex-1 truncate text-center font-medium peer-[:not(:empty)]:hidden">
        {workspace.name}
      </span>
      <AppLink
        to={paths.home()}
        aria-label="New chat"
        className="touch-target inline-flex size-8 items-center justify-center rounded-6 text-muted"
      >
        <Icon name="plus" />
      </AppLink>
    </header>
  )
}
