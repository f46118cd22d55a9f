import { Outlet, useLocation } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { usePreference } from '../../api/preferences.ts'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { FailedSilently } from '../../routes/FailedPart.tsx'
import { lazyPart } from '../../routes/lazy-part.tsx'
import { cx } from '../../ui/index.ts'
import { type Command, useCommands } from './commands.tsx'
import { ConnectionBanner } from './ConnectionBanner.tsx'
import { Drawer } from './Drawer.tsx'
import { MobileBar } from './MobileBar.tsx'
import { MobileSlot } from './mobile-slot.ts'
import { PaletteProvider } from './PaletteProvider.tsx'
import { Rail } from './Rail.tsx'
import { Sidebar } from './Sidebar.tsx'
import { useIsNarrow } from './use-is-narrow.ts'

const Realtime = lazyPart(async () => (await import('../../routes/chat-parts.ts')).Realtime, {
  Failed: FailedSilently,
})

/** The signed-in app around its screens. */
export const Shell = () => (
  <PaletteProvider>
    <Frame />
    <Realtime />
  </PaletteProvider>
)

/** The sidebar, or its drawer on a phone, and the screen beside it. */
function Frame() {
  const narrow = useIsNarrow()
  const [sidebarOpen, setSidebarOpen] = usePreference('sidebarOpen')
  const [drawerOpen, setDrawerOpen] = useState(false)
  const [slot, setSlot] = useState<HTMLElement | null>(null)
  const pathname = useLocation({ select: (location) => location.href })
  useEffect(() => setDrawerOpen(false), [pathname])

  const toggle = useCallback(
    () => (narrow ? setDrawerOpen((open) => !open) : setSidebarOpen(!sidebarOpen)),
    // The setter always does the same.
    // oxlint-disable-next-line react/exhaustive-deps
    [narrow, sidebarOpen],
  )
  useShellCommands(toggle)

  return (
    <div className="flex h-dvh">
      <a
        href="#main"
        onClick={skipToMain}
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-6 border border-line bg-raised px-3 py-1.5 focus:translate-y-0"
      >
        Skip to content
      </a>
      {narrow ? (
        <Drawer open={drawerOpen} onClose={() => setDrawerOpen(false)} label="Conversations and navigation">
          <Sidebar onCollapse={() => setDrawerOpen(false)} inDrawer />
        </Drawer>
      ) : (
        <aside
          aria-label="Sidebar"
          className={cx('shrink-0 border-r border-line bg-sunken', sidebarOpen ? 'w-66' : 'w-12')}
        >
          {sidebarOpen ? <Sidebar onCollapse={toggle} /> : <Rail onExpand={toggle} />}
        </aside>
      )}
      <div className="flex min-w-0 flex-1 flex-col">
        {narrow && <MobileBar onMenu={() => setDrawerOpen(true)} slot={setSlot} />}
        <ConnectionBanner />
        <main id="main" tabIndex={-1} className="relative flex min-h-0 flex-1 flex-col outline-none">
          <MobileSlot value={slot}>
            <Outlet />
          </MobileSlot>
        </main>
      </div>
    </div>
  )
}

/** The fragment belongs to the settings, so the link moves the focus itself. */
function skipToMain(event: { preventDefault: () => void }): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function useShellCommands(toggleSidebar: () => void): void {
  const go = useGo()
  const commands = useMemo<Command[]>(
    () => [
      {
        id: 'new-chat',
        title: 'New chat',
        section: 'Go to',
        icon: 'plus',
        shortcut: 'mod+shift+o',
        run: () => go(paths.home()),
      },
      {
        id: 'search',
        title: 'Search conversations',
        section: 'Go to',
        icon: 'search',
        run: () => go(paths.search()),
      },
      {
        id: 'toggle-sidebar',
        title: 'Show or hide the sidebar',
        section: 'View',
        icon: 'sidebar',
        shortcut: 'mod+shift+s',
        run: toggleSidebar,
      },
    ],
    [go, toggleSidebar],
  )
  useCommands(commands)
}
