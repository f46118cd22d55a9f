import { z } from 'zod'
import { composedPrompt, importReport, searchHit, treeNode } from './chat-reading.ts'
import { conversation, conversationSettings, style, styleBody, styleRef } from './chat-conversation.ts'
import { message, userContent } from './chat-message.ts'
import { run, runEvent, runStatus, stopReceipt } from './chat-run.ts'
import { cursor, id, line, page, pageQuery, text, workspaceParams } from './common.ts'
import { route } from './route.ts'

const tag = 'chat'
const ws = '/api/v1/workspaces/{workspaceId}'
const base = `${ws}/conversations/{conversationId}`
const one = workspaceParams.extend({ conversationId: id })
const oneMessage = one.extend({ messageId: id })
const oneRun = one.extend({ runId: id })

const generation = z.object({
  model: line(300).optional(),
  thinking: z.boolean().optional(),
})

/** A run that was accepted. With `Accept: text/event-stream` the answer is the run's event stream instead. */
export const turnAccepted = z.object({ run, userMessage: message.nullable(), branched: z.boolean() })
export type TurnAccepted = z.infer<typeof turnAccepted>

export const openConversation = z.object({
  conversation,
  /** Where this person stands; null in an empty conversation. */
  leafId: id.nullable(),
  /** The newest messages of the path to the leaf, oldest first: fewer than the limit when they are long. */
  messages: z.array(message),
  /** Reads older messages of the same path. */
  olderCursor: z.string().nullable(),
  runs: z.array(run),
})
export type OpenConversation = z.infer<typeof openConversation>

export const chatRoutes = {
  listConversations: route({
    id: 'listConversations',
    method: 'GET',
    path: `${ws}/conversations`,
    tag,
    access: 'conversation:read',
    fromReplica: true,
    summary: 'Own conversations: pinned first, then newest first',
    params: workspaceParams,
    query: pageQuery.extend({
      archived: z.stringbool().default(false),
      /** Those deleted in the last 30 days instead, archived or not. */
      deleted: z.stringbool().default(false),
    }),
    response: page(conversation),
  }),
  createConversation: route({
    id: 'createConversation',
    method: 'POST',
    path: `${ws}/conversations`,
    tag,
    access: 'conversation:write',
    summary: 'Create a conversation; the id may be minted by the client',
    params: workspaceParams,
    body: z.object({
      id: id.optional(),
      title: line(200).optional(),
      model: line(300).optional(),
      style: styleRef.optional(),
      settings: conversationSettings.partial().optional(),
    }),
    response: conversation,
    status: 201,
  }),
  openConversation: route({
    id: 'openConversation',
    method: 'GET',
    path: base,
    tag,
    access: 'conversation:read',
    fromReplica: true,
    summary: 'A conversation with the newest messages of its active path',
    params: one,
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(50) }),
    response: openConversation,
  }),
  updateConversation: route({
    id: 'updateConversation',
    method: 'PATCH',
    path: base,
    tag,
    access: 'conversation:write',
    summary: 'Rename, pin, archive, or change model, style or settings',
    params: one,
    body: z
      .object({
        title: line(200),
        pinned: z.boolean(),
        archived: z.boolean(),
        model: line(300),
        style: styleRef,
        settings: conversationSettings.partial(),
      })
      .partial(),
    response: conversation,
  }),
  deleteConversation: route({
    id: 'deleteConversation',
    method: 'DELETE',
    path: base,
    tag,
    access: 'conversation:write',
    summary: 'Delete; can be undone for 30 days',
    params: one,
    response: null,
  }),
  restoreConversation: route({
    id: 'restoreConversation',
    method: 'POST',
    path: `${base}/restorations`,
    tag,
    access: 'conversation:write',
    summary: 'Undo a deletion',
    params: one,
    response: conversation,
  }),

  listMessages: route({
    id: 'listMessages',
    method: 'GET',
    path: `${base}/messages`,
    tag,
    access: 'conversation:read',
    fromReplica: true,
    summary: 'Older messages of a path, oldest first',
    params: one,
    query: z.object({ cursor, limit: z.coerce.number().int().min(1).max(100).default(50) }),
    response: z.object({ data: z.array(message), olderCursor: z.string().nullable() }),
  }),
  getTree: route({
    id: 'getTree',
    method: 'GET',
    path: `${base}/tree`,
    tag,
    access: 'conversation:read',
    fromReplica: true,
    summary: 'The whole message tree, without contents',
    params: one,
    query: pageQuery.extend({
      limit: z.coerce.number().int().min(1).max(1000).default(1000),
    }),
    response: page(treeNode),
  }),
  moveLeaf: route({
    id: 'moveLeaf',
    method: 'PUT',
    path: `${base}/leaf`,
    tag,
    access: 'conversation:read',
    summary: 'Stand at another message; refused with the current one when `expected` is stale',
    params: one,
    body: z.object({
      messageId: id,
      expected: id.nullable(),
      /** Go on to the newest descendant of the message. */
      descend: z.boolean().default(false),
    }),
    response: openConversation,
  }),
  editMessage: route({
    id: 'editMessage',
    method: 'POST',
    path: `${base}/messages/{messageId}/edits`,
    tag,
    access: 'conversation:write',
    summary: 'Save another version of a message beside it, without an answer',
    params: oneMessage,
    body: z.object({ id, content: userContent }),
    response: message,
    status: 201,
  }),
  rateMessage: route({
    id: 'rateMessage',
    method: 'PUT',
    path: `${base}/messages/{messageId}/rating`,
    tag,
    access: 'conversation:read',
    summary: 'Rate an answer',
    params: oneMessage,
    body: z.object({ rating: z.enum(['up', 'down']).nullable() }),
    response: null,
  }),
  getPrompt: route({
    id: 'getPrompt',
    method: 'GET',
    path: `${base}/messages/{messageId}/prompt`,
    tag,
    access: 'conversation:read',
    summary: 'What an answer was made from',
    params: oneMessage,
    response: composedPrompt,
  }),

  createTurn: route({
    id: 'createTurn',
    method: 'POST',
    path: `${base}/turns`,
    tag,
    access: 'conversation:write',
    summary: 'Send a message and get an answer. Needs `Idempotency-Key`',
    params: one,
    body: generation.extend({
      parentId: id.nullable(),
      message: z.object({ id, content: userContent }),
      /** Where the sender saw the conversation end, when that is not the parent: an edit begins a branch on purpose. */
      leafId: id.nullable().optional(),
    }),
    response: turnAccepted,
  }),
  regenerate: route({
    id: 'regenerate',
    method: 'POST',
    path: `${base}/messages/{messageId}/regenerations`,
    tag,
    access: 'conversation:write',
    summary: 'Another answer beside this one, by the same or another model',
    params: oneMessage,
    body: generation,
    response: turnAccepted,
  }),
  continueMessage: route({
    id: 'continueMessage',
    method: 'POST',
    path: `${base}/messages/{messageId}/continuations`,
    tag,
    access: 'conversation:write',
    summary: 'Go on where a stopped or interrupted answer ended',
    params: oneMessage,
    body: generation,
    response: turnAccepted,
  }),

  listRuns: route({
    id: 'listRuns',
    method: 'GET',
    path: `${ws}/runs`,
    tag,
    access: 'conversation:read',
    summary: 'Own runs, newest first',
    params: workspaceParams,
    query: pageQuery.extend({ status: runStatus.optional(), conversationId: id.optional() }),
    response: page(run),
  }),
  streamRun: route({
    id: 'streamRun',
    method: 'GET',
    path: `${base}/runs/{runId}/events`,
    tag,
    access: 'conversation:read',
    summary: 'The events of a run from `Last-Event-ID` on, live or finished',
    params: oneRun,
    response: runEvent,
    produces: 'event-stream',
  }),
  stopRun: route({
    id: 'stopRun',
    method: 'POST',
    path: `${base}/runs/{runId}/stop`,
    tag,
    access: 'conversation:write',
    summary: "Stop: closes the provider's stream, keeps what was shown, answers with the cost",
    params: oneRun,
    response: stopReceipt,
  }),

  search: route({
    id: 'search',
    method: 'GET',
    path: `${ws}/search`,
    tag,
    access: 'conversation:read',
    fromReplica: true,
    summary: 'Search titles and messages',
    params: workspaceParams,
    query: pageQuery.extend({ q: text(200, 1) }),
    response: page(searchHit),
  }),

  listStyles: route({
    id: 'listStyles',
    method: 'GET',
    path: `${ws}/styles`,
    tag,
    access: 'conversation:read',
    summary: 'Preset and own styles',
    params: workspaceParams,
    response: z.object({ data: z.array(style) }),
  }),
  createStyle: route({
    id: 'createStyle',
    method: 'POST',
    path: `${ws}/styles`,
    tag,
    access: 'conversation:write',
    summary: 'Create a style',
    params: workspaceParams,
    body: styleBody,
    response: style,
    status: 201,
  }),
  updateStyle: route({
    id: 'updateStyle',
    method: 'PATCH',
    path: `${ws}/styles/{styleId}`,
    tag,
    access: 'conversation:write',
    summary: 'Change a style',
    params: workspaceParams.extend({ styleId: id }),
    body: styleBody.partial(),
    response: style,
  }),
  deleteStyle: route({
    id: 'deleteStyle',
    method: 'DELETE',
    path: `${ws}/styles/{styleId}`,
    tag,
    access: 'conversation:write',
    summary: 'Delete a style; conversations fall back to Normal',
    params: workspaceParams.extend({ styleId: id }),
    response: null,
  }),

  exportConversation: route({
    id: 'exportConversation',
    method: 'GET',
    path: `${base}/export`,
    tag,
    access: 'conversation:read',
    summary: 'Markdown of the active path, or JSON of the whole tree',
    params: one,
    query: z.object({ format: z.enum(['markdown', 'json']).default('markdown') }),
    response: null,
    status: 200,
    produces: 'binary',
  }),
  exportAll: route({
    id: 'exportAll',
    method: 'GET',
    path: `${ws}/export`,
    tag,
    access: 'conversation:read',
    summary: 'All own conversations as one JSON document',
    params: workspaceParams,
    response: null,
    status: 200,
    produces: 'binary',
  }),
  importConversations: route({
    id: 'importConversations',
    method: 'POST',
    path: `${ws}/imports`,
    tag,
    access: 'conversation:write',
    summary:
      "Import our own export, or ChatGPT's or Claude's conversations.json (multipart field `file`); twice changes nothing",
    params: workspaceParams,
    accepts: 'multipart',
    response: importReport,
    bodyLimitBytes: 256 * 1024 * 1024,
  }),
} as const
