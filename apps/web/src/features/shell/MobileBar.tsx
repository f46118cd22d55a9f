import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { AppLink } from '../../routes/links.tsx'
import { Icon, IconButton } from '../../ui/index.ts'

/** The top line on a phone. */
export function MobileBar({ onMenu }: { onMenu: () => void }) {
  const { workspace } = useSession()
  return (
    <header className="flex h-12 shrink-0 items-center justify-between gap-2 border-b border-line px-1 pt-[env(safe-area-inset-top)]">
      <IconButton icon="menu" label="Open navigation" onClick={onMenu} />
      <span className="truncate font-medium">{workspace.name}</span>
      <AppLink
        to={paths.home()}
        aria-label="New chat"
        className="touch-target inline-flex size-8 items-center justify-center rounded-6 text-muted"
      >
        <Icon name="edit" />
      </AppLink>
    </header>
  )
}
