import { Suspense } from 'react'
import { lazyScreen } from '../../routes/screens.tsx'
import { useSettingsSection } from '../shell/use-settings.ts'

const SettingsDialog = lazyScreen(async () => (await import('./SettingsDialog.tsx')).SettingsDialog)

/** Shows settings over the page while the fragment asks for them. */
export function SettingsHost() {
  const section = useSettingsSection()
  return <Suspense>{section && <SettingsDialog section={section} />}</Suspense>
}
