import type { Message } from '@atrium/contract'
import { useCallback, useState } from 'react'

export type DialogName = 'branches' | 'rename' | 'delete'

/** The one dialog that is open over a conversation. */
export type OpenDialog =
  | { readonly name: DialogName }
  | { readonly name: 'prompt' | 'details'; readonly message: Message }
  | null

export function useDialogs() {
  const [dialog, setDialog] = useState<OpenDialog>(null)
  const open = useCallback((name: DialogName) => setDialog({ name }), [])
  const openFor = useCallback(
    (name: 'prompt' | 'details', message: Message) => setDialog({ name, message }),
    [],
  )
  const close = useCallback(() => setDialog(null), [])
  return { dialog, open, openFor, close }
}
