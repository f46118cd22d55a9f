interface LeadOptions<T> {
  signal: AbortSignal
  /** Every message, in the tab that leads and in those that listen. */
  onMessage: (message: T) => void
  /** Runs in one tab at a time, for as long as that tab lives. */
  lead: (publish: (message: T) => void) => Promise<void>
}

/**
 * One tab of a browser reads a stream and tells the others: browsers allow only six connections to a plain
 * HTTP server. Where there are no locks (plain HTTP away from localhost) every tab leads for itself.
 */
export async function leadOrListen<T>(
  name: string,
  { signal, onMessage, lead }: LeadOptions<T>,
): Promise<void> {
  if (!('locks' in navigator)) {
    await lead(onMessage)
    return
  }
  const channel = new BroadcastChannel(name)
  channel.addEventListener('message', ({ data }: MessageEvent<T>) => onMessage(data))
  signal.addEventListener('abort', () => channel.close(), { once: true })
  const publish = (message: T) => {
    if (signal.aborted) return
    // The target origin belongs to windows; channels have none.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    channel.postMessage(message)
    onMessage(message)
  }
  await navigator.locks.request(name, { signal }, () => lead(publish)).catch(ignore)
}

/** Giving up the wait for the lead is no error. */
const ignore = (): void => {}
