/// <reference lib="dom" />
/** Functions that run inside the page. Each is sent there as text, so none may use anything outside of itself. */

/** What the page notes about itself while it is used. Times are milliseconds since the navigation began. */
export interface PageNotes {
  /** When there was something to write in, and it was painted. */
  composerMs: number | null
  /** When the first message of a conversation was painted. */
  messageMs: number | null
  /** From each interaction to the paint that follows it, where the browser found it worth telling (16 ms and more). */
  interactions: number[]
  /** From each key press to the paint that follows it. */
  keys: number[]
}

declare global {
  interface Window {
    notes: PageNotes
  }
}

/** Runs before the page's own scripts. */
export function takeNotes(): void {
  const notes: PageNotes = { composerMs: null, messageMs: null, interactions: [], keys: [] }
  window.notes = notes
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- it is sent to the page with the rest
  const afterPaint = (done: (now: number) => void): void => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel()
      channel.port1.addEventListener('message', () => done(performance.now()), { once: true })
      channel.port1.start()
      channel.port2.postMessage(null)
    })
  }
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ('interactionId' in entry && entry.interactionId) notes.interactions.push(entry.duration)
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit)
  addEventListener('keydown', ({ timeStamp }) => afterPaint((now) => notes.keys.push(now - timeStamp)), true)
  const look = (): void => {
    if (notes.composerMs === null && document.querySelector('textarea[aria-label="Message"]')) {
      notes.composerMs = Infinity
      afterPaint((now) => (notes.composerMs = now))
    }
    if (notes.messageMs === null && document.querySelector('[data-turn]')) {
      notes.messageMs = Infinity
      afterPaint((now) => (notes.messageMs = now))
    }
  }
  // The root exists before any element that is looked for.
  new MutationObserver(look).observe(document, { childList: true, subtree: true })
}

export const readNotes = (): PageNotes => window.notes

/** Notes the next first message again: another conversation is about to be shown. */
export function expectMessages(): void {
  window.notes.messageMs = null
}

/** Milliseconds of the navigation's own events. */
export function navigationTiming(): { domContentLoadedMs: number; loadMs: number } {
  const [navigation] = performance.getEntriesByType('navigation')
  if (!(navigation instanceof PerformanceNavigationTiming)) return { domContentLoadedMs: NaN, loadMs: NaN }
  return { domContentLoadedMs: navigation.domContentLoadedEventEnd, loadMs: navigation.loadEventEnd }
}

/** When the last answer whose address ends so had arrived in full. */
export function arrivalOf(ending: string): number {
  const found = performance
    .getEntriesByType('resource')
    .findLast(({ name }) => new URL(name).pathname.endsWith(ending))
  return found instanceof PerformanceResourceTiming ? found.responseEnd : Number.NaN
}

/** How many elements the page has. */
export const countElements = (): number => document.querySelectorAll('*').length

/** Goes to the top of the conversation, where older messages are read. */
export function scrollToTop(): void {
  document.querySelector('[data-thread]')?.scrollTo({ top: 0 })
}
