import type { Message, UserPart } from '@atrium/contract'
import type { Files } from '#modules/files'
import type { Tx } from '#platform/db'
import type { Member } from '#platform/http'
import { toMessage, type MessageRow, type StoredPart } from './rows.ts'
import type { NewMessage, TurnScene } from './store.ts'

export const userMessageOf = (
  id: string,
  parentId: string | null,
  authorId: string,
  content: StoredPart[],
): NewMessage => ({
  id,
  parentId,
  role: 'user',
  authorId,
  content,
  status: 'complete',
  model: null,
  runId: null,
  traceId: null,
})

export function shownMessage(message: NewMessage, member: Member, scene: TurnScene): Message {
  const row: MessageRow = {
    id: message.id,
    parent_id: message.parentId,
    role: message.role,
    author_id: message.authorId,
    content: [...message.content],
    status: message.status,
    model: null,
    run_id: null,
    usage: null,
    cost_nano_usd: null,
    first_token_ms: null,
    total_ms: null,
    trace_id: null,
    error: null,
    created_at: scene.now,
    rating: null,
    sibling_index: scene.sibling_count,
    sibling_count: scene.sibling_count + 1,
    previous_id: scene.last_sibling_id,
    next_id: null,
  }
  return toMessage(row, new Map([[member.personId, member.name]]))
}

export async function storedContent(
  tx: Tx,
  files: Files,
  member: Member,
  parts: readonly UserPart[],
): Promise<StoredPart[]> {
  const ids = parts.flatMap((part) => (part.type === 'file' ? [part.fileId] : []))
  if (ids.length === 0) return parts.filter((part) => part.type === 'text')
  const infos = new Map((await files.describe(tx, member.personId, ids)).map((info) => [info.id, info]))
  await files.markUsed(tx, ids)
  return parts.flatMap((part): StoredPart[] => {
    if (part.type === 'text') return [part]
    const info = infos.get(part.fileId)
    return info
      ? [
          {
            type: 'file',
            fileId: info.id,
            name: info.name,
            mediaType: info.mediaType,
            sizeBytes: info.sizeBytes,
          },
        ]
      : []
  })
}
