import type { Conversation, OpenConversation, TurnAccepted } from '@atrium/contract'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { use, useMemo } from 'react'
import { call, callRaw } from '../../../api/client.ts'
import { ApiError, messageOf } from '../../../api/error.ts'
import { keys } from '../../../api/queries.ts'
import { patchQuery } from '../../../api/query-client.ts'
import { useSession } from '../../../api/session.tsx'
import { Outbox, type OutboxEntry } from '../outbox/outbox.ts'
import { RunStreams } from '../runs/run-streams.ts'
import { UnreadStore } from '../list/unread.ts'
import { type DeviceStore, deviceStore } from './device-store.ts'
import { addTurn, endRun, type Path } from './path.ts'
import { ServicesContext } from './services-context.ts'

/** What the chat keeps running beside the components: live runs, unsent messages, the device's copy. */
export interface ChatServices {
  readonly workspaceId: string
  readonly client: QueryClient
  readonly streams: RunStreams
  readonly outbox: Outbox
  readonly device: DeviceStore
  readonly unread: UnreadStore
  changePath: (conversationId: string, change: (path: Path) => Path) => void
  /** Puts an accepted turn on the screen, whichever call it came from. */
  accepted: (conversationId: string, turn: TurnAccepted) => void
  /** Ends all of it; the session is over, or another workspace is opened. */
  close: () => void
}

const isTemporary = (error: unknown): boolean => (error instanceof ApiError ? error.isTemporary : true)

/** The services of this person in this workspace: one set per page, made when the first screen needs it. */
export function useChatServices(): ChatServices {
  const { person, workspace } = useSession()
  const client = useQueryClient()
  const registry = use(ServicesContext)
  return useMemo(
    () =>
      registry.get(client, `${person.id} ${workspace.id}`, () =>
        createServices(client, person.id, workspace.id),
      ),
    [registry, client, person.id, workspace.id],
  )
}

function createServices(client: QueryClient, personId: string, workspaceId: string): ChatServices {
  const device = deviceStore(personId, workspaceId)
  const changePath = (conversationId: string, change: (path: Path) => Path) => {
    patchQuery(client, keys.conversation(workspaceId, conversationId), change)
  }
  const accepted = (conversationId: string, turn: TurnAccepted) => {
    // A reading that began before the turn would take it off the screen again.
    void client.cancelQueries({ queryKey: keys.conversation(workspaceId, conversationId) })
    changePath(conversationId, (path) => addTurn(path, turn, new Date().toISOString()))
  }
  const streams = new RunStreams({
    open: ({ conversationId, runId }, lastEventId, signal) =>
      callRaw(
        'streamRun',
        { params: { workspaceId, conversationId, runId } },
        { signal, headers: streamHeaders(lastEventId) },
      ),
    isTemporary,
    // The list learns the end of a run from the sync stream.
    onEnd: ({ conversationId, runId, message }) => {
      if (message) changePath(conversationId, (path) => endRun(path, runId, message))
    },
    onRefused: ({ conversationId }) => {
      void client.invalidateQueries({ queryKey: keys.conversation(workspaceId, conversationId) })
    },
  })
  const ended = new AbortController()
  restWhileHidden(streams, ended.signal)
  const scope = `${personId}-${workspaceId}`
  const outbox = createOutbox({ client, workspaceId, device, accepted, scope, signal: ended.signal })
  const unread = new UnreadStore(workspaceId)
  const close = () => {
    ended.abort()
    streams.close()
    outbox.close()
    device.close()
  }
  return { workspaceId, client, streams, outbox, device, unread, changePath, accepted, close }
}

const streamHeaders = (lastEventId: string): Record<string, string> => ({
  Accept: 'text/event-stream',
  ...(lastEventId ? { 'Last-Event-ID': lastEventId } : {}),
})

const hiddenMs = 10_000

/** Browsers allow six connections to a plain HTTP server: a tab that nobody sees must not hold one per answer. */
function restWhileHidden(streams: RunStreams, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(() => streams.rest(), hiddenMs)
    else streams.wake()
  }
  document.addEventListener('visibilitychange', look, { signal })
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  look()
}

interface OutboxNeeds extends Pick<ChatServices, 'client' | 'workspaceId' | 'device' | 'accepted'> {
  scope: string
  signal: AbortSignal
}

function createOutbox({ client, workspaceId, device, accepted, scope, signal }: OutboxNeeds): Outbox {
  const name = `atrium-outbox-${scope}`
  const channel = new BroadcastChannel(name)
  const outbox = new Outbox({
    storage: device.outbox,
    send: (entry, parentId) => sendEntry(client, workspaceId, entry, parentId),
    explain: (error) => ({
      // A limit that no waiting lifts, such as a message that is larger than it, is told at once.
      temporary: (isTemporary(error) && !isLasting(error)) || isInFlight(error),
      ...refusalOf(error),
    }),
    onGone: ({ conversationId }) =>
      client.invalidateQueries(
        { queryKey: keys.conversation(workspaceId, conversationId) },
        { throwOnError: true },
      ),
    onAccepted: (entry, turn) => accepted(entry.conversationId, turn),
    exclusively: (work) => ('locks' in navigator ? navigator.locks.request(name, work) : work()),
    // The target origin belongs to windows; channels have none.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    onChange: () => signal.aborted || channel.postMessage('changed'),
  })
  channel.addEventListener('message', () => void outbox.reload())
  addEventListener('online', () => void outbox.flush(), { signal })
  signal.addEventListener('abort', () => channel.close(), { once: true })
  void outbox.reload()
  return outbox
}

const isLimit = (error: unknown): error is ApiError => error instanceof ApiError && error.status === 429

const isLasting = (error: unknown): boolean => isLimit(error) && error.retryAfterSeconds === null

const units: Partial<Record<string, string>> = {
  requests: 'requests per minute',
  tokens: 'tokens per minute',
  concurrency: 'answers at once',
}

/** Which limit was met. Refusals without these details say it in their own words. */
function limitText({ details, message }: ApiError): string {
  if (typeof details !== 'object' || details === null || !('unit' in details && 'limit' in details))
    return message
  const whose = 'scope' in details && details.scope === 'workspace' ? "The workspace's" : 'Your'
  return `${whose} limit of ${units[String(details.unit)]} (${String(details.limit)}) is reached.`
}

/** What to show for a message that was not accepted. */
function refusalOf(error: unknown): NonNullable<OutboxEntry['error']> {
  if (!isLimit(error))
    return {
      message: messageOf(error),
      requestId: error instanceof ApiError ? error.requestId : null,
    }
  const { requestId, retryAfterSeconds } = error
  const untilMs = retryAfterSeconds === null ? null : Date.now() + retryAfterSeconds * 1000
  return { message: untilMs === null ? error.message : limitText(error), requestId, untilMs }
}

/** The same key is being answered elsewhere (another tab, an earlier attempt): ask again for its answer. */
const isInFlight = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409 && error.code.startsWith('IDEMPOTENCY')

async function sendEntry(
  client: QueryClient,
  workspaceId: string,
  entry: OutboxEntry,
  parentId: string | null,
): Promise<TurnAccepted> {
  const { conversationId } = entry
  if (entry.create) {
    const created = await createConversation(workspaceId, entry)
    client.setQueryData<OpenConversation>(
      keys.conversation(workspaceId, conversationId),
      (path) => path && { ...path, conversation: created ?? path.conversation },
    )
  }
  try {
    return await createTurn(workspaceId, entry, parentId)
  } catch (error) {
    const earlier = isInFlight(error) ? await findAccepted(workspaceId, entry) : null
    if (earlier) return earlier
    throw error
  }
}

function createTurn(workspaceId: string, entry: OutboxEntry, parentId: string | null): Promise<TurnAccepted> {
  const { conversationId, id, content, model, thinking, leafId } = entry
  const body = {
    parentId,
    ...(leafId === undefined ? {} : { leafId }),
    message: { id, content: [...content] },
    ...(model === null ? {} : { model }),
    ...(thinking === null ? {} : { thinking }),
  }
  return call('createTurn', { params: { workspaceId, conversationId }, body }, { idempotencyKey: id })
}

/** An earlier attempt was accepted, its reply was lost and its run still streams: pick it up from there. */
async function findAccepted(
  workspaceId: string,
  { conversationId, id }: OutboxEntry,
): Promise<TurnAccepted | null> {
  const { messages, runs } = await call('openConversation', { params: { workspaceId, conversationId } })
  const userMessage = messages.find((message) => message.id === id)
  const run = runs.find(({ parentId }) => parentId === id)
  return userMessage && run ? { run, userMessage, branched: false } : null
}

/** Null when an earlier attempt has already created it. */
async function createConversation(workspaceId: string, entry: OutboxEntry): Promise<Conversation | null> {
  const { model, style, thinking } = entry.create ?? {}
  try {
    return await call(
      'createConversation',
      {
        params: { workspaceId },
        body: {
          id: entry.conversationId,
          ...(model === undefined ? {} : { model }),
          ...(style === undefined ? {} : { style }),
          ...(thinking === undefined ? {} : { settings: { thinking } }),
        },
      },
      { idempotencyKey: entry.conversationId },
    )
  } catch (error) {
    if (error instanceof ApiError && error.status === 409 && !isInFlight(error)) return null
    throw error
  }
}
