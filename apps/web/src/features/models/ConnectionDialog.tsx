import type { Connection } from '@atrium/contract'
import { Dialog } from '../../ui/index.ts'
import { ConnectionForm } from './ConnectionForm.tsx'

interface ConnectionDialogProps {
  /** `'new'`, the connection to change, or null when closed. */
  target: Connection | 'new' | null
  onClose: () => void
  /** Told of a connection that is new. */
  onConnected: (connection: Connection) => void
}

export function ConnectionDialog({ target, onClose, onConnected }: ConnectionDialogProps) {
  const connection = target === 'new' ? null : target
  const saved = (result: Connection) => {
    onClose()
    if (target === 'new') onConnected(result)
  }
  return (
    <Dialog
      open={target !== null}
      onClose={onClose}
      size="lg"
      title={connection ? `Change ${connection.name}` : 'Connect a provider'}
    >
      <ConnectionForm connection={connection} onSaved={saved} onCancel={onClose} />
    </Dialog>
  )
}
