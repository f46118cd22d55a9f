import { type ReactNode, useMemo, useState } from 'react'
import { FailedDialog } from '../../routes/FailedPart.tsx'
import { lazyPart } from '../../routes/lazy-part.tsx'
import { CommandPalette } from './CommandPalette.tsx'
import { type Command, useCommands } from './commands.tsx'
import { PaletteContext } from './palette-state.ts'
import { useOpenSettings } from './use-settings.ts'

const ShortcutSheet = lazyPart(async () => (await import('./ShortcutSheet.tsx')).ShortcutSheet, {
  Failed: FailedDialog,
})

/** Holds the command palette and the shortcut sheet. */
export function PaletteProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<'palette' | 'shortcuts' | null>(null)
  const openSettings = useOpenSettings()
  const control = useMemo(
    () => ({ open: () => setShown('palette'), openShortcuts: () => setShown('shortcuts') }),
    [],
  )
  const commands = useMemo<Command[]>(
    () => [
      {
        id: 'palette',
        title: 'Open the command palette',
        section: 'View',
        shortcut: 'mod+k',
        hidden: true,
        run: () => setShown((now) => (now === 'palette' ? null : 'palette')),
      },
      {
        id: 'shortcuts',
        title: 'Show the shortcuts',
        section: 'View',
        icon: 'keyboard',
        shortcut: '?',
        run: control.openShortcuts,
      },
      {
        id: 'settings',
        title: 'Settings',
        section: 'Go to',
        icon: 'settings',
        shortcut: 'mod+,',
        run: () => openSettings(),
      },
    ],
    [control, openSettings],
  )
  useCommands(commands)
  const close = () => setShown(null)
  return (
    <PaletteContext value={control}>
      {children}
      {shown === 'palette' && <CommandPalette onClose={close} />}
      {shown === 'shortcuts' && <ShortcutSheet onClose={close} />}
    </PaletteContext>
  )
}
