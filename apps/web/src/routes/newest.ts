import { takeOver } from '../features/shell/service-worker.ts'

/**
 * Whether the server has another version of the app than the one that runs here: its page begins with another script.
 * False when it cannot be asked.
 */
export async function isOutdated(): Promise<boolean> {
  const entry = document.querySelector('script[type="module"][src]')?.getAttribute('src')
  try {
    // The query keeps the service worker from answering with the page that it has stored.
    const response = await fetch(`/index.html?at=${Date.now()}`, { cache: 'no-store' })
    const page = await response.text()
    return (
      Boolean(entry) && response.ok && page.includes('<script type="module"') && !page.includes(`${entry}`)
    )
  } catch {
    return false
  }
}

/** Loads the app anew, from the newest service worker where there is one. */
export async function reloadNewest(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined)
  if (registration?.waiting) takeOver(registration.waiting)
  else location.reload()
}
