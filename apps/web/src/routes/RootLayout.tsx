import { Outlet } from '@tanstack/react-router'
import { BootstrapProvider } from '../api/session.tsx'
import { CommandProvider } from '../features/shell/commands.tsx'
import { ToastProvider, TooltipHost } from '../ui/index.ts'
import { UpdateNotice } from '../features/shell/UpdateNotice.tsx'
import { RouteAnnouncer } from './RouteAnnouncer.tsx'

export function RootLayout() {
  return (
    <BootstrapProvider>
      <ToastProvider>
        <CommandProvider>
          <Outlet />
        </CommandProvider>
        <UpdateNotice />
      </ToastProvider>
      <TooltipHost />
      <RouteAnnouncer />
    </BootstrapProvider>
  )
}
