import type { ReactNode } from 'react'
import { Modal } from '../../ui/index.ts'

interface DrawerProps {
  open: boolean
  onClose: () => void
  label: string
  children: ReactNode
}

/** The sidebar on a phone: slides over the screen from the left. */
export function Drawer({ open, onClose, label, children }: DrawerProps) {
  if (!open) return null
  return (
    <Modal
      onClose={onClose}
      label={label}
      className="h-dvh max-h-none w-76 max-w-[86vw] animate-slide border-y-0 border-l-0 bg-sunken"
    >
      {children}
    </Modal>
  )
}
