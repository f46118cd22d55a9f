import {
  opaqueStateOf,
  restoreOpaqueState,
  type AssistantPart,
  type ModelRequest,
  type StreamPart,
} from '@atrium/wire'
import type { Database } from '#platform/db'
import { findStates, keepStates, type StateOwner } from './store.ts'

/** Opaque state of providers, for clients whose dialect has no place for it. */
export interface CallStates {
  /** Puts kept state back to the tool calls of a conversation. */
  restore(owner: StateOwner, request: ModelRequest): Promise<ModelRequest>
  /** Keeps the state of a reply's tool calls, where they have any. */
  keep(owner: StateOwner, reply: readonly StreamPart[]): Promise<void>
}

const mostRemembered = 2000
const mostCallIds = 1000
/** Larger states are looked up in the database. */
const mostRememberedChars = 64 * 1024

/** Kept in the database, the latest also in memory. */
export function createCallStates(db: Database): CallStates {
  const remembered = new Map<string, readonly AssistantPart[]>()
  const nameOf = ({ workspaceId, personId }: StateOwner, callId: string): string =>
    `${workspaceId} ${personId} ${callId}`

  const remember = (owner: StateOwner, callId: string, parts: readonly AssistantPart[]): void => {
    if (JSON.stringify(parts).length > mostRememberedChars) return
    if (remembered.size >= mostRemembered) remembered.delete(remembered.keys().next().value ?? '')
    remembered.set(nameOf(owner, callId), parts)
  }

  const look = async (
    owner: StateOwner,
    ids: readonly string[],
  ): Promise<Map<string, readonly AssistantPart[]>> => {
    const found = new Map<string, readonly AssistantPart[]>()
    for (const id of ids) {
      const parts = remembered.get(nameOf(owner, id))
      if (parts) found.set(id, parts)
    }
    const missing = ids.filter((id) => !found.has(id)).slice(-mostCallIds)
    if (missing.length === 0) return found
    const list = await db.readWorkspace(owner.workspaceId, (tx) => findStates(tx, owner, missing))
    for (const { callId, parts } of list) {
      found.set(callId, parts)
      remember(owner, callId, parts)
    }
    return found
  }

  return {
    restore: async (owner, request) => {
      const ids = callIdsOf(request)
      if (ids.length === 0) return request
      const found = await look(owner, ids)
      return found.size === 0 ? request : restoreOpaqueState(request, (id) => found.get(id))
    },
    keep: async (owner, reply) => {
      if (!reply.some((part) => part.type === 'tool-call')) return
      const states = opaqueStateOf(reply)
      if (states.length === 0) return
      for (const { callId, parts } of states) remember(owner, callId, parts)
      await db.withWorkspace(owner.workspaceId, (tx) => keepStates(tx, owner, states))
    },
  }
}

function callIdsOf({ messages }: ModelRequest): string[] {
  const ids: string[] = []
  for (const message of messages) {
    if (message.role !== 'assistant') continue
    for (const part of message.content) if (part.type === 'tool-call') ids.push(part.id)
  }
  return ids
}
