const checkEveryMs = 3_600_000

/** Registers the worker that keeps the app's shell, and tells when a newer one waits to take over. */
export async function registerWorker(onNewVersion: (reload: () => void) => void): Promise<void> {
  const registration = await navigator.serviceWorker.register('/sw.js').catch(() => null)
  // Without a worker (plain HTTP, private windows) the app works online.
  if (!registration) return
  const offer = () => {
    const { waiting } = registration
    // The very first worker replaces nothing.
    if (waiting && navigator.serviceWorker.controller) onNewVersion(() => takeOver(waiting))
  }
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', offer)
  })
  offer()
  lookForUpdates(registration)
}

/** Lets a waiting worker take over, and loads the page again when it has. */
export function takeOver(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  // Workers have no origin to name.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  worker.postMessage({ type: 'SKIP_WAITING' })
}

/** Apps stay open for weeks: asks again when a tab is looked at, at most once an hour. */
function lookForUpdates(registration: ServiceWorkerRegistration): void {
  let checkedMs = Date.now()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - checkedMs < checkEveryMs) return
    checkedMs = Date.now()
    registration.update().catch(() => undefined)
  })
}
