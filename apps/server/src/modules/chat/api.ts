import { chatRoutes, type Route, type TurnAccepted } from '@atrium/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { mount, type Call, type Member } from '#platform/http'
import { coverEnd } from './cover-end.ts'
import type { Chat } from './index.ts'
import { mountTransfer } from './transfer/api.ts'

/** Routes of the chat: contract → service. */
export function api(app: FastifyInstance, chat: Chat): void {
  mountConversations(app, chat)
  mountMessages(app, chat)
  mountTurns(app, chat)
  mountRuns(app, chat)
  mountStyles(app, chat)
  mountTransfer(app, chat.transfer)
}

const routes = chatRoutes

function mountConversations(app: FastifyInstance, { conversations, paths, search }: Chat): void {
  mount(app, routes.listConversations, ({ caller, query }) => conversations.list(caller, query))
  mount(app, routes.createConversation, ({ caller, body }) => conversations.create(caller, body))
  mount(app, routes.openConversation, ({ caller, params, query }) =>
    paths.open(caller, params.conversationId, query.limit),
  )
  mount(app, routes.updateConversation, ({ caller, params, body }) =>
    conversations.update(caller, params.conversationId, body),
  )
  mount(app, routes.deleteConversation, ({ caller, params }) =>
    conversations.remove(caller, params.conversationId),
  )
  mount(app, routes.restoreConversation, ({ caller, params }) =>
    conversations.restore(caller, params.conversationId),
  )
  mount(app, routes.search, ({ caller, query }) => search.search(caller, query))
}

function mountMessages(app: FastifyInstance, { paths, turns, runs }: Chat): void {
  mount(app, routes.listMessages, ({ caller, params, query }) =>
    paths.older(caller, params.conversationId, query),
  )
  mount(app, routes.getTree, ({ caller, params, query }) => paths.tree(caller, params.conversationId, query))
  mount(app, routes.moveLeaf, ({ caller, params, body }) =>
    paths.moveLeaf(caller, params.conversationId, body),
  )
  mount(app, routes.editMessage, ({ caller, params, body }) =>
    turns.edit(caller, params.conversationId, params.messageId, body),
  )
  mount(app, routes.rateMessage, ({ caller, params, body }) =>
    paths.rate(caller, params.conversationId, params.messageId, body.rating),
  )
  mount(app, routes.getPrompt, ({ caller, params }) =>
    runs.inspect(caller, params.conversationId, params.messageId),
  )
}

function mountTurns(app: FastifyInstance, chat: Chat): void {
  const { turns } = chat
  const options = {
    needsKey: true,
    readsFirst: true,
    respond: async (accepted: TurnAccepted, call: Call<Route>, replayed: boolean): Promise<boolean> => {
      // These routes name a permission, so their caller is a member.
      const member = call.caller as Member
      if (replayed) await turns.refuseWhileRunning(member, accepted)
      if (!call.request.headers.accept?.includes('text/event-stream')) return false
      await chat.runs.stream(
        member,
        accepted.run.conversationId,
        accepted.run.id,
        0,
        sinkOf(app, call.request, call.reply, member),
      )
      return true
    },
  }
  mount(
    app,
    routes.createTurn,
    ({ caller, params, body, ...call }) => turns.send(caller, params.conversationId, body, chat.origin(call)),
    options,
  )
  mount(
    app,
    routes.regenerate,
    ({ caller, params, body, ...call }) =>
      turns.regenerate(caller, params.conversationId, params.messageId, body, chat.origin(call)),
    options,
  )
  mount(
    app,
    routes.continueMessage,
    ({ caller, params, body, ...call }) =>
      turns.continue(caller, params.conversationId, params.messageId, body, chat.origin(call)),
    options,
  )
}

function mountRuns(app: FastifyInstance, chat: Chat): void {
  mount(app, routes.listRuns, ({ caller, query }) => chat.runs.list(caller, query))
  mount(
    app,
    routes.stopRun,
    ({ caller, params }) => chat.turns.stop(caller, params.conversationId, params.runId),
    { outside: true },
  )
  mount(app, routes.streamRun, async ({ caller, params, request, reply }) => {
    await chat.runs.stream(
      caller,
      params.conversationId,
      params.runId,
      lastEventId(request),
      sinkOf(app, request, reply, caller),
    )
    // The reply was taken over; nothing is serialised.
    return undefined as never
  })
}

function mountStyles(app: FastifyInstance, { styles }: Chat): void {
  mount(app, routes.listStyles, ({ caller }) => styles.list(caller))
  mount(app, routes.createStyle, ({ caller, body }) => styles.create(caller, body))
  mount(app, routes.updateStyle, ({ caller, params, body }) => styles.update(caller, params.styleId, body))
  mount(app, routes.deleteStyle, ({ caller, params }) => styles.remove(caller, params.styleId))
}

/** The last event that the client has, by the header that browsers send when they reconnect. */
function lastEventId(request: FastifyRequest): number {
  const header = request.headers['last-event-id']
  const value = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0
  return value
}

/** Opens the reply as an event stream once there is something to follow; it ends when the caller loses access. */
const sinkOf = (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, member: Member) => () => {
  const watch = app.services.gatekeeper.watch(member, member.workspaceId)
  const stream = app.eventStreams.open(request, reply, {
    farewell: { event: 'reconnect', data: '{"type":"reconnect"}' },
  })
  watch.onEnd(() => {
    stream.send({ event: 'revoked', data: '{"type":"revoked"}' })
    stream.close()
  })
  stream.ended.addEventListener('abort', () => watch.release(), { once: true })
  return coverEnd(stream, app.services.consistency)
}
