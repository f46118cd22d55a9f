import type { FileInfo } from '@atrium/contract'
import { useCallback, useEffect, useRef, useState } from 'react'
import { messageOf } from '../../api/error.ts'
import { uuidv7 } from '../../api/ids.ts'
import { fileSize } from './file-size.ts'
import { FILE_LIMIT_BYTES, uploadFile } from './upload.ts'

/** A file that a person has added to the message they are writing. */
export interface Attachment {
  readonly key: string
  readonly name: string
  readonly sizeBytes: number
  readonly isImage: boolean
  /** From 0 to 1. */
  readonly progress: number
  readonly file: FileInfo | null
  readonly error: string | null
}

export interface Attachments {
  readonly items: readonly Attachment[]
  readonly uploading: boolean
  add: (files: Iterable<File>) => void
  remove: (key: string) => void
  /** Takes files that are already stored, such as those of a message that is edited. */
  restore: (files: readonly FileInfo[]) => void
  clear: () => void
}

const MAX_ATTACHMENTS = 20

/** Files of one message: each starts to upload when it is added. */
export function useAttachments(workspaceId: string): Attachments {
  const [items, setItems] = useState<readonly Attachment[]>([])
  const uploads = useRef(new Map<string, AbortController>())
  useEffect(() => {
    const running = uploads.current
    return () => {
      for (const stop of running.values()) stop.abort()
    }
  }, [])

  const change = useCallback((key: string, next: Partial<Attachment>) => {
    setItems((known) => known.map((item) => (item.key === key ? { ...item, ...next } : item)))
  }, [])

  const add = useCallback(
    (files: Iterable<File>) => {
      for (const file of files) {
        const item = newAttachment(file)
        setItems((known) => (known.length < MAX_ATTACHMENTS ? [...known, item] : known))
        if (item.error) continue
        const stop = new AbortController()
        uploads.current.set(item.key, stop)
        uploadFile(workspaceId, file, {
          idempotencyKey: item.key,
          signal: stop.signal,
          onProgress: (progress) => change(item.key, { progress }),
        }).then(
          (stored) => change(item.key, { file: stored, progress: 1 }),
          (error: unknown) => change(item.key, { error: messageOf(error) }),
        )
      }
    },
    [workspaceId, change],
  )
  const remove = useCallback((key: string) => {
    uploads.current.get(key)?.abort()
    setItems((known) => known.filter((item) => item.key !== key))
  }, [])
  const restore = useCallback((files: readonly FileInfo[]) => setItems(files.map(storedAttachment)), [])
  const clear = useCallback(() => setItems([]), [])
  const uploading = items.some(({ file, error }) => !file && !error)
  return { items, uploading, add, remove, restore, clear }
}

function newAttachment(file: File): Attachment {
  const isTooLarge = file.size > FILE_LIMIT_BYTES
  return {
    key: uuidv7(),
    name: file.name || 'Pasted file',
    sizeBytes: file.size,
    isImage: file.type.startsWith('image/'),
    progress: 0,
    file: null,
    error: isTooLarge
      ? `Larger than ${fileSize(FILE_LIMIT_BYTES)}`
      : file.size === 0
        ? 'The file is empty'
        : null,
  }
}

const storedAttachment = (file: FileInfo): Attachment => ({
  key: file.id,
  name: file.name,
  sizeBytes: file.sizeBytes,
  isImage: file.kind === 'image',
  progress: 1,
  file,
  error: null,
})
