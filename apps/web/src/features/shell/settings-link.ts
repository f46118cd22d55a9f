import { useNavigate, useRouter } from '@tanstack/react-router'
import { useCallback } from 'react'
import { settingsHash, type SettingsSection } from '../../paths.ts'

/** Marks history entries that opened settings inside the app, so that closing can go back. */
export interface SettingsHistoryState {
  openedSettings?: boolean
}

/** Opens settings over the current page. */
export function useOpenSettings(): (section?: SettingsSection) => void {
  const navigate = useNavigate()
  return useCallback(
    (section) => {
      void navigate({
        to: '.',
        search: true,
        hash: settingsHash(section),
        state: (state) => ({ ...state, openedSettings: true }),
        resetScroll: false,
      })
    },
    [navigate],
  )
}

/** Closes settings: Back where they were opened from the app, otherwise the fragment goes away. */
export function useCloseSettings(): () => void {
  const navigate = useNavigate()
  const router = useRouter()
  return useCallback(() => {
    const state: SettingsHistoryState = router.history.location.state
    if (state.openedSettings) router.history.back()
    else void navigate({ to: '.', search: true, hash: '', replace: true, resetScroll: false })
  }, [navigate, router])
}
