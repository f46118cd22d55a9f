import type { FileInfo } from '@atrium/contract'
import { useEffect, useRef } from 'react'
import { readStored, writeStored } from '../../../api/preferences.ts'

export interface StoredDraft {
  readonly text: string
  readonly files: readonly FileInfo[]
}

const SAVE_AFTER_MS = 300

const nameOf = (workspaceId: string, conversationId: string | null) =>
  `draft.${workspaceId}.${conversationId ?? 'new'}`

export const readDraft = (workspaceId: string, conversationId: string | null): StoredDraft =>
  readStored<StoredDraft>(nameOf(workspaceId, conversationId)) ?? { text: '', files: [] }

function writeDraft(workspaceId: string, conversationId: string | null, draft: StoredDraft): void {
  const isEmpty = draft.text === '' && draft.files.length === 0
  writeStored(nameOf(workspaceId, conversationId), isEmpty ? null : draft)
}

/** Keeps what is being written through a refresh, a crash and a change of conversation; gives a way to drop it. */
export function useSavedDraft(
  workspaceId: string,
  conversationId: string | null,
  draft: StoredDraft,
): () => void {
  const latest = useRef(draft)
  useEffect(() => {
    latest.current = draft
  })
  const { text, files } = draft
  useEffect(() => {
    const timer = setTimeout(() => writeDraft(workspaceId, conversationId, { text, files }), SAVE_AFTER_MS)
    return () => clearTimeout(timer)
  }, [workspaceId, conversationId, text, files])
  useEffect(() => {
    const save = () => writeDraft(workspaceId, conversationId, latest.current)
    addEventListener('pagehide', save)
    return () => {
      removeEventListener('pagehide', save)
      save()
    }
  }, [workspaceId, conversationId])
  return () => {
    latest.current = { text: '', files: [] }
    writeDraft(workspaceId, conversationId, latest.current)
  }
}
