import { FailedDialog } from '../../routes/FailedPart.tsx'
import { type FailedProps, lazyPart } from '../../routes/lazy-part.tsx'
import { useCloseSettings, useSettingsSection } from '../shell/use-settings.ts'

const SettingsDialog = lazyPart(async () => (await import('./SettingsDialog.tsx')).SettingsDialog, {
  Failed: function FailedSettings({ retry }: FailedProps) {
    return <FailedDialog retry={retry} onClose={useCloseSettings()} />
  },
})

/** Shows settings over the page while the fragment asks for them. */
export function SettingsHost() {
  const section = useSettingsSection()
  return section && <SettingsDialog section={section} />
}
