import { type ReactNode, useId } from 'react'
import { cx } from './class-names.ts'
import { IconButton } from './IconButton.tsx'
import { Modal } from './Modal.tsx'

export interface DialogProps {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  /** Buttons at the bottom, the main one last. */
  footer?: ReactNode
  size?: 'sm' | 'md' | 'lg'
  children?: ReactNode
}

const widths = { sm: 'sm:w-100', md: 'sm:w-130', lg: 'sm:w-190' }

/** A modal dialog with title, content and buttons; a sheet at the bottom edge on a phone. */
export function Dialog({ open, ...props }: DialogProps) {
  return open ? <OpenDialog {...props} /> : null
}

function OpenDialog({
  onClose,
  title,
  description,
  footer,
  size = 'md',
  children,
}: Omit<DialogProps, 'open'>) {
  const titleId = useId()
  return (
    <Modal
      onClose={onClose}
      labelledBy={titleId}
      className={cx(
        'm-auto max-h-[92dvh] w-full max-w-full overflow-hidden rounded-10 max-sm:mb-0 max-sm:rounded-b-none',
        'animate-enter sm:max-h-[85dvh]',
        widths[size],
      )}
    >
      <div className="flex max-h-[inherit] flex-col">
        <header className="flex items-start justify-between gap-4 px-5 pt-4">
          <div className="min-w-0">
            <h2 id={titleId} tabIndex={-1} data-dialog-title className="text-16 font-semibold outline-none">
              {title}
            </h2>
            {description && <p className="mt-1 text-muted">{description}</p>}
          </div>
          <IconButton icon="close" label="Close" onClick={onClose} className="-mt-1 -mr-2" />
        </header>
        <div className="dialog-content min-h-0 overflow-y-auto px-5 py-4">{children}</div>
        {footer && (
          <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3 pb-[max(12px,env(safe-area-inset-bottom))]">
            {footer}
          </footer>
        )}
      </div>
    </Modal>
  )
}
