import { useLocation, useNavigate, useRouter } from '@tanstack/react-router'
import { useCallback } from 'react'
import { settingsHash, type SettingsSection, settingsSectionOf } from '../../paths.ts'

/** The section of the settings that lies over the page, or null. */
export const useSettingsSection = (): SettingsSection | null =>
  settingsSectionOf(useLocation({ select: (location) => location.hash }))

/** Opens settings over the current page. */
export function useOpenSettings(): (section?: SettingsSection) => void {
  const router = useRouter()
  const navigate = useNavigate()
  return useCallback(
    (section) => {
      const isOpen = settingsSectionOf(router.state.location.hash) !== null
      void navigate({
        to: '.',
        search: true,
        hash: settingsHash(section),
        // Moving between sections adds no steps: one Back closes settings.
        replace: isOpen,
        state: (state) => ({ ...state, openedSettings: isOpen ? (state.openedSettings ?? false) : true }),
        resetScroll: false,
      })
    },
    [navigate, router],
  )
}

/** Closes settings: Back where they were opened from inside the app, otherwise the fragment goes away. */
export function useCloseSettings(): () => void {
  const navigate = useNavigate()
  const router = useRouter()
  return useCallback(() => {
    if (router.state.location.state.openedSettings) router.history.back()
    else void navigate({ to: '.', search: true, hash: '', replace: true, resetScroll: false })
  }, [navigate, router])
}
