import { type ReactNode, useLayoutEffect, useRef } from 'react'
import { pushDialog } from './dialog-stack.ts'

interface ModalProps {
  onClose: () => void
  /** Id of the element that names the dialog, or its name. */
  labelledBy?: string
  label?: string
  className: string
  children: ReactNode
}

/**
 * A native modal dialog: focus stays inside, Escape and a click outside close it, and the focus returns.
 * Mounted means open. The element marked `data-autofocus` gets the focus, otherwise the one marked
 * `data-dialog-title`, otherwise the first control.
 */
export function Modal({ onClose, labelledBy, label, className, children }: ModalProps) {
  const ref = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = ref.current
    if (!dialog) return undefined
    const opener = document.activeElement
    dialog.showModal()
    const wanted = dialog.querySelector<HTMLElement>('[data-autofocus]')
    const target = wanted ?? dialog.querySelector<HTMLElement>('[data-dialog-title]')
    target?.focus()
    const pop = pushDialog(dialog)
    return () => {
      pop()
      dialog.close()
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  return (
    // Escape and the close button do what a click outside does.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog
      ref={ref}
      aria-labelledby={labelledBy}
      aria-label={label}
      className={`fixed border border-line bg-paper p-0 text-ink shadow-overlay backdrop:bg-scrim ${className}`}
      onCancel={(event) => {
        if (event.target !== ref.current) return
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) onClose()
      }}
    >
      {children}
    </dialog>
  )
}
