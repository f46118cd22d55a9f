import type { ContentPart, Conversation, Message, Run, RunError, Usage } from '@atrium/contract'
import type { ProviderData } from '@atrium/wire'

/** A part as it is stored: reasoning also keeps what its provider must get back unchanged. */
export type StoredPart =
  | Exclude<ContentPart, { type: 'reasoning' }>
  | (Extract<ContentPart, { type: 'reasoning' }> & { providerData?: ProviderData })

export interface ConversationRow {
  id: string
  title: string
  title_source: Conversation['titleSource']
  model: string | null
  style: string
  settings: { thinking?: boolean }
  pinned: boolean
  archived: boolean
  running: boolean
  created_at: Date
  updated_at: Date
  version: number
}

export function toConversation(row: ConversationRow): Conversation {
  return {
    id: row.id,
    title: row.title,
    titleSource: row.title_source,
    model: row.model,
    style: row.style,
    settings: { thinking: row.settings.thinking ?? false },
    pinned: row.pinned,
    archived: row.archived,
    running: row.running,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  }
}

export interface MessageRow {
  id: string
  parent_id: string | null
  role: Message['role']
  author_id: string | null
  content: StoredPart[]
  status: Message['status']
  model: string | null
  run_id: string | null
  usage: Usage | null
  cost_nano_usd: string | null
  first_token_ms: number | null
  total_ms: number | null
  trace_id: string | null
  error: RunError | null
  created_at: Date
  rating: Message['rating']
  sibling_index: number
  sibling_count: number
  previous_id: string | null
  next_id: string | null
}

/** @param names names of authors, by id */
export function toMessage(row: MessageRow, names: ReadonlyMap<string, string>): Message {
  return {
    id: row.id,
    parentId: row.parent_id,
    role: row.role,
    author: row.author_id ? { id: row.author_id, name: names.get(row.author_id) ?? '' } : null,
    content: row.content.map(publicPart),
    status: row.status,
    model: row.model,
    runId: row.run_id,
    usage: row.usage,
    costNanoUsd: row.cost_nano_usd,
    timing: row.total_ms === null ? null : { firstTokenMs: row.first_token_ms, totalMs: row.total_ms },
    traceId: row.trace_id,
    error: row.error,
    rating: row.rating,
    siblings: {
      index: row.sibling_index,
      count: row.sibling_count,
      previousId: row.previous_id,
      nextId: row.next_id,
    },
    createdAt: row.created_at.toISOString(),
  }
}

function publicPart(part: StoredPart): ContentPart {
  if (part.type !== 'reasoning') return part
  return { type: 'reasoning', text: part.text, durationMs: part.durationMs }
}

export interface RunRow {
  workspace_id: string
  id: string
  conversation_id: string
  assistant_message_id: string
  user_message_id: string | null
  parent_id: string | null
  person_id: string
  status: Run['status']
  model: string
  engine_id: string | null
  fence: number
  last_sequence: number
  request: RunRequest
  branched: boolean
  trace_id: string
  request_id: string
  receipt: {
    inputTokens: number
    outputTokens: number
    costNanoUsd: string | null
    estimated: boolean
  } | null
  why: unknown
  created_at: Date
  ended_at: Date | null
}

/** What a run was asked to do. The messages are not copied: they are the path to `parentId`, and immutable. */
export interface RunRequest {
  readonly thinking: boolean
  readonly sections: readonly InstructionSection[]
  /** The answer that is to be continued; its text leads the new one. */
  readonly continues: string | null
}

export interface InstructionSection {
  readonly source: 'workspace' | 'style' | 'personal' | 'continuation'
  readonly text: string
}

export function toRun(row: RunRow): Run {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    assistantMessageId: row.assistant_message_id,
    parentId: row.parent_id,
    status: row.status,
    model: row.model,
    lastSequence: row.last_sequence,
    traceId: row.trace_id,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  }
}
