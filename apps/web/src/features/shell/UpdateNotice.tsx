import { useEffect } from 'react'
import { useToast } from '../../ui/index.ts'

/** Registers the service worker and offers a new version when there is one; nothing reloads by itself. */
export function UpdateNotice() {
  const toast = useToast()
  useEffect(() => {
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
    void import('virtual:pwa-register').then(({ registerSW }) => {
      const update = registerSW({
        onNeedRefresh: () => {
          toast({
            key: 'update',
            message: 'A new version of Atrium is ready.',
            durationMs: null,
            action: { label: 'Reload', run: () => void update(true) },
          })
        },
      })
    })
  }, [toast])
  return null
}
