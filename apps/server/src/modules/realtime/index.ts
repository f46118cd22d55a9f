import type { SyncEvent } from '@atrium/contract'
import { changesTopic, chat } from '#modules/chat'
import type { Notice } from '#platform/bus'
import { AppError } from '#platform/errors'
import type { Member } from '#platform/http'
import { defineModule, type Context } from '#platform/module'
import { api } from './api.ts'
import { createFan, type Send } from './fan.ts'

const needs = { chat }

/** Keeps the tabs and devices of one person in step. */
export const realtime = defineModule({ name: 'realtime', needs, build, faces: { api } })

/** Streams that one person may have open at one process; each tab has one. */
const mostStreams = 50

export type Realtime = ReturnType<typeof build>

function build({ bus, chat, consistency, log }: Context<typeof needs>, scope: AsyncDisposableStack) {
  const fan = createFan({
    onError: (error) => log.error({ err: error }, 'a change could not be told to a tab'),
    token: () => consistency.current(),
  })

  /** Each change also brings the conversation's row of the list, read anew with the rights of its owner. */
  const onChange = (notice: Notice): void => {
    const key = fan.keyOf(String(notice['workspaceId']), String(notice['personId']))
    if (!fan.has(key)) return
    fan.tell(key, async () => eventOf(notice))
    if (notice['kind'] === 'deleted') return
    fan.tell(key, async () => {
      const id = String(notice['conversationId'])
      const found = await chat.conversationsOf(String(notice['workspaceId']), String(notice['personId']), [
        id,
      ])
      const conversation = found.get(id)
      return conversation && { type: 'conversation_changed', conversation }
    })
  }

  scope.defer(bus.subscribe(changesTopic, onChange))
  scope.defer(
    bus.subscribe('models.changed', (notice) =>
      fan.tellWorkspace(String(notice['workspaceId']), { type: 'models_changed' }),
    ),
  )
  scope.defer(
    bus.subscribe('workspace.changed', (notice) =>
      fan.tellWorkspace(String(notice['workspaceId']), { type: 'workspace_changed' }),
    ),
  )
  scope.defer(bus.onGap(() => fan.tellAll({ type: 'resync' })))
  const seats = new Map<string, number>()

  return {
    /**
     * Counts one more stream of this person until the returned function is called.
     * @throws AppError 429 when the person has as many open as one may at this process
     */
    takeSeat: ({ personId }: Member): (() => void) => {
      const taken = seats.get(personId) ?? 0
      if (taken >= mostStreams) {
        const message = `You have ${taken} event streams open, which is the most. Close some tabs.`
        throw new AppError('RATE_LIMIT_EXCEEDED', message, { retryAfterSeconds: 30 })
      }
      seats.set(personId, taken + 1)
      return () => {
        const left = (seats.get(personId) ?? 1) - 1
        if (left > 0) seats.set(personId, left)
        else seats.delete(personId)
      }
    },
    /** Sends this person's changes in the workspace to `send` until the returned function is called. */
    join: (member: Member, send: Send): (() => void) =>
      fan.join(fan.keyOf(member.workspaceId, member.personId), send),
    /** Tells that changes are sent from here on; what is read with its token covers those before. */
    ready: () => fan.withToken({ type: 'ready' }),
  }
}

/** What a notice tells a tab; nothing when only the row of the list has changed. */
function eventOf(notice: Notice): SyncEvent | undefined {
  const text = (name: string): string => String(notice[name])
  const conversationId = text('conversationId')
  switch (notice['kind']) {
    case 'deleted':
      return { type: 'conversation_deleted', conversationId }
    case 'messages':
      return {
        type: 'messages_changed',
        conversationId,
        leafId: notice['messageId'] ? text('messageId') : null,
      }
    case 'run':
      return {
        type: 'run_changed',
        conversationId,
        runId: text('runId'),
        assistantMessageId: text('messageId'),
        status: text('status'),
      }
    default:
      return undefined
  }
}
