import type { Connection } from '@atrium/contract'
import { Dialog } from '../../ui/index.ts'
import { ConnectionForm } from './ConnectionForm.tsx'

interface ConnectionDialogProps {
  /** `'new'`, the connection to change, or null when closed. */
  target: Connection | 'new' | null
  onClose: () => void
}

export function ConnectionDialog({ target, onClose }: ConnectionDialogProps) {
  const connection = target === 'new' ? null : target
  return (
    <Dialog
      open={target !== null}
      onClose={onClose}
      size="lg"
      title={connection ? `Change ${connection.name}` : 'Connect a provider'}
    >
      <ConnectionForm connection={connection} onSaved={onClose} onCancel={onClose} />
    </Dialog>
  )
}
