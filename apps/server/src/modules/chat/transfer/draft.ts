import type { ContentPart, Message } from '@atrium/contract'

/**
 * What an imported message is made of. Files are not part of an export and an id from outside proves nothing about
 * who may read a file, so files become text that names them.
 */
export type DraftPart = Exclude<ContentPart, { type: 'file' }>

/** What our own export knows of a message beyond its content. */
export type MessageFacts = Pick<Message, 'status' | 'usage' | 'costNanoUsd' | 'timing' | 'error' | 'rating'>

/** A message on its way in, under the ids of its source. */
export interface DraftMessage {
  readonly sourceId: string
  readonly parentId: string | null
  readonly role: Message['role']
  readonly content: readonly DraftPart[]
  /** As the source names it; the catalogue may not know it. */
  readonly model: string | null
  /** A person has changed the answer. */
  readonly edited?: boolean
  readonly createdAt: Date | null
  readonly facts: MessageFacts | null
}

/** Messages with parents before their children, and the one that the person stood at. */
export interface DraftTree {
  readonly messages: readonly DraftMessage[]
  readonly currentId: string | null
}

/** A conversation on its way in; every converter ends in one. */
export interface ConversationDraft {
  readonly sourceId: string
  readonly title: string
  readonly createdAt: Date | null
  readonly updatedAt: Date | null
  readonly pinned: boolean
  readonly archived: boolean
  /** A preset style. */
  readonly style: string
  readonly thinking: boolean
  readonly tree: DraftTree
}

/** Why one conversation cannot be imported; the others still are. The message is for the person. */
export class ConversationRefused extends Error {
  override readonly name = 'ConversationRefused'
}

/** How a file that did not come along is named in the text. */
export const fileNote = (name: string): string => `[File: ${name || 'unnamed'}]`
