import type { Message, Model } from '@atrium/contract'
import { createContext, use } from 'react'
import type { ChatActions, Draft } from '../data/use-actions.ts'

/** What every turn of the open conversation may need. */
export interface ThreadContextValue {
  readonly workspaceId: string
  readonly conversationId: string
  readonly models: readonly Model[]
  /** What tells models of one name apart, by id. */
  readonly modelDetails: ReadonlyMap<string, string>
  readonly canWrite: boolean
  readonly actions: ChatActions
  /** The answer on the path that is being written; those after it wait for their turn. */
  readonly writingId: string | null
  /** The message whose text is being changed. */
  readonly editingId: string | null
  setEditing: (messageId: string | null) => void
  quote: (text: string) => void
  /** Stands at an earlier message, from which the next one written goes on. */
  branchFrom: (message: Message) => void
  openPrompt: (message: Message) => void
  openDetails: (message: Message) => void
  /** Writes an unsent message back into the composer. */
  takeBack: (draft: Draft) => void
}

const ThreadContext = createContext<ThreadContextValue | null>(null)
export const ThreadProvider = ThreadContext

export function useThread(): ThreadContextValue {
  const value = use(ThreadContext)
  if (!value) throw new Error('A turn needs a thread around it')
  return value
}
