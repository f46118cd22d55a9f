import type { Tone } from './Notice.tsx'

export interface ToastOptions {
  message: string
  tone?: Tone
  /** One way back or on, such as Undo. */
  action?: { label: string; run: () => void }
  /** Stays until it is dismissed when null. */
  durationMs?: number | null
  /** A toast with the same key takes the place of the earlier one. */
  key?: string
}

export interface ToastItem extends ToastOptions {
  id: number
}

export interface ToastStore {
  get: () => readonly ToastItem[]
  subscribe: (listener: () => void) => () => void
  show: (options: ToastOptions) => () => void
  dismiss: (id: number) => void
}

const most = 3

export function createToastStore(): ToastStore {
  let items: readonly ToastItem[] = []
  let nextId = 1
  const listeners = new Set<() => void>()
  const set = (next: readonly ToastItem[]) => {
    items = next
    for (const listener of listeners) listener()
  }
  const dismiss = (id: number) => set(items.filter((item) => item.id !== id))
  return {
    get: () => items,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    show: (options) => {
      const item = { ...options, id: nextId++ }
      const others = items.filter(({ key }) => key === undefined || key !== options.key)
      set([...others, item].slice(-most))
      return () => dismiss(item.id)
    },
    dismiss,
  }
}
