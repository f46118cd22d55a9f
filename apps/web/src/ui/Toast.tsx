import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from 'react'
import { createPortal } from 'react-dom'
import { Button } from './Button.tsx'
import { subscribeDialogs, topDialog } from './dialog-stack.ts'
import { Icon } from './Icon.tsx'
import { IconButton } from './IconButton.tsx'
import { createToastStore, type ToastItem, type ToastOptions, type ToastStore } from './toast-store.ts'

const durationMs = 6000
const ToastContext = createContext<ToastStore | null>(null)

/** Gives the page its toasts: for outcomes of work in the background, not for what a form should say itself. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [store] = useState(createToastStore)
  return (
    <ToastContext value={store}>
      {children}
      <Toaster store={store} />
    </ToastContext>
  )
}

/** Shows a toast; returns how to take it away. */
export function useToast(): (options: ToastOptions) => () => void {
  const store = use(ToastContext)
  if (!store) throw new Error('useToast needs a ToastProvider')
  return store.show
}

function Toaster({ store }: { store: ToastStore }) {
  const items = useSyncExternalStore(store.subscribe, store.get)
  // Everything outside a modal dialog is inert, so toasts move into the topmost one.
  const dialog = useSyncExternalStore(subscribeDialogs, topDialog)
  return createPortal(
    <section
      aria-label="Notifications"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 top-12 z-50 flex flex-col items-center gap-2 p-4 sm:items-end"
    >
      {items.map((item) => (
        <ToastCard key={item.id} item={item} dismiss={() => store.dismiss(item.id)} />
      ))}
    </section>,
    dialog ?? document.body,
  )
}

function ToastCard({ item, dismiss }: { item: ToastItem; dismiss: () => void }) {
  const [held, setHeld] = useState(false)
  const lifeMs = item.durationMs === undefined ? durationMs : item.durationMs
  useEffect(() => {
    if (held || lifeMs === null) return undefined
    const timer = setTimeout(dismiss, lifeMs)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react/exhaustive-deps -- `dismiss` is new on each draw and always does the same
  }, [held, lifeMs])
  const hold = { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false) }
  const focus = { onFocus: () => setHeld(true), onBlur: () => setHeld(false) }
  return (
    <div
      {...hold}
      {...focus}
      className="pointer-events-auto flex max-w-100 animate-enter items-center gap-2 rounded-6 border border-line bg-raised py-1.5 pr-1.5 pl-3 shadow-overlay max-sm:w-full"
    >
      {item.tone === 'danger' && <Icon name="alert" className="text-danger" />}
      {item.tone === 'ok' && <Icon name="check" className="text-ok" />}
      <p className="min-w-0 flex-1 text-13">{item.message}</p>
      {item.action && (
        <Button
          size="sm"
          variant="quiet"
          className="text-accent"
          onClick={() => {
            dismiss()
            item.action?.run()
          }}
        >
          {item.action.label}
        </Button>
      )}
      <IconButton icon="close" label="Dismiss" size="sm" onClick={dismiss} />
    </div>
  )
}
