import { z } from 'zod'
import { id, workspaceParams } from './common.ts'
import { conversation } from './chat-conversation.ts'
import { route } from './route.ts'

/**
 * What keeps one person's tabs and devices in step. Each event is authorised when it is delivered.
 * `resync` asks the client to read its lists again (after a gap that cannot be replayed).
 */
export const syncEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('resync') }),
  z.object({ type: z.literal('conversation_changed'), conversation }),
  z.object({ type: z.literal('conversation_deleted'), conversationId: id }),
  /** Messages were added or the leaf of this person moved: the open conversation reads its path again. */
  z.object({ type: z.literal('messages_changed'), conversationId: id, leafId: id.nullable() }),
  z.object({
    type: z.literal('run_changed'),
    conversationId: id,
    runId: id,
    assistantMessageId: id,
    status: z.string(),
  }),
  z.object({ type: z.literal('models_changed') }),
  z.object({ type: z.literal('workspace_changed') }),
  /** The session, key or membership was revoked; the stream closes. */
  z.object({ type: z.literal('revoked') }),
])
export type SyncEvent = z.infer<typeof syncEvent>

/**
 * An event as it travels. Where read replicas answer too it brings the token of a read that covers it: `X-Consistency-Token`
 * of what is read because of it.
 */
export type SyncMessage = SyncEvent & { readonly consistencyToken?: string }

export const realtimeRoutes = {
  sync: route({
    id: 'sync',
    method: 'GET',
    path: '/api/v1/workspaces/{workspaceId}/sync',
    tag: 'realtime',
    access: 'workspace:read',
    summary: 'Server-sent events that keep tabs and devices in step',
    params: workspaceParams,
    response: syncEvent,
    produces: 'event-stream',
  }),
} as const
