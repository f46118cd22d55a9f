import { useEffect } from 'react'
import { useToast } from '../../ui/index.ts'
import { registerWorker } from './service-worker.ts'

/** Registers the service worker and offers a new version when there is one; nothing reloads by itself. */
export function UpdateNotice() {
  const toast = useToast()
  useEffect(() => {
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
    void registerWorker((reload) => {
      toast({
        key: 'update',
        message: 'A new version of Atrium is ready.',
        durationMs: null,
        action: { label: 'Reload', run: reload },
      })
    })
  }, [toast])
  return null
}
