import type { FileInfo } from '@atrium/contract'
import { useEffect, useRef } from 'react'
import { readStored, writeStored } from '../../../api/preferences.ts'

export interface StoredDraft {
  readonly text: string
  readonly files: readonly FileInfo[]
}

const SAVE_AFTER_MS = 300

/** Names a draft by whose it is and where it is written, so that nobody else is ever shown it. */
export const draftName = (personId: string, workspaceId: string, conversationId: string | null): string =>
  `draft.${personId}.${workspaceId}.${conversationId ?? 'new'}`

export const readDraft = (name: string): StoredDraft =>
  readStored<StoredDraft>(name) ?? { text: '', files: [] }

function writeDraft(name: string, draft: StoredDraft): void {
  const isEmpty = draft.text === '' && draft.files.length === 0
  writeStored(name, isEmpty ? null : draft)
}

/** Keeps what is being written through a refresh, a crash and a change of conversation; gives a way to drop it. */
export function useSavedDraft(name: string, draft: StoredDraft): () => void {
  const latest = useRef(draft)
  useEffect(() => {
    latest.current = draft
  })
  const { text, files } = draft
  useEffect(() => {
    const timer = setTimeout(() => writeDraft(name, { text, files }), SAVE_AFTER_MS)
    return () => clearTimeout(timer)
  }, [name, text, files])
  useEffect(() => {
    const save = () => writeDraft(name, latest.current)
    addEventListener('pagehide', save)
    return () => {
      removeEventListener('pagehide', save)
      save()
    }
  }, [name])
  return () => {
    latest.current = { text: '', files: [] }
    writeDraft(name, latest.current)
  }
}
