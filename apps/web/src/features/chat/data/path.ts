import type { Message, OpenConversation, Run, TurnAccepted } from '@atrium/contract'
import type { RunIdentity } from '../runs/run-state.ts'

/** The loaded part of the active path of one conversation, as the query cache keeps it. */
export type Path = OpenConversation

/**
 * A newer reading of the path, without losing the older pages that this tab has loaded, nor what it was told of the
 * conversation while the reading was on its way.
 */
export function mergePath(known: Path | undefined, read: Path): Path {
  const isLate = known && known.conversation.version > read.conversation.version
  const fresh = isLate ? { ...read, conversation: known.conversation } : read
  const first = fresh.messages[0]
  if (!known || !first || fresh.olderCursor === null) return fresh
  const at = known.messages.findIndex(({ id }) => id === first.id)
  const parent = known.messages.findIndex(({ id }) => id === first.parentId)
  const keep = at >= 0 ? at : parent + 1
  if (keep <= 0) return fresh
  return {
    ...fresh,
    messages: [...known.messages.slice(0, keep), ...fresh.messages],
    olderCursor: known.olderCursor,
  }
}

export function prependOlder(path: Path, older: { data: Message[]; olderCursor: string | null }): Path {
  const known = new Set(path.messages.map(({ id }) => id))
  const fresh = older.data.filter(({ id }) => !known.has(id))
  return { ...path, messages: [...fresh, ...path.messages], olderCursor: older.olderCursor }
}

export const changeMessage = (path: Path, id: string, change: (message: Message) => Message): Path => ({
  ...path,
  messages: path.messages.map((message) => (message.id === id ? change(message) : message)),
})

/** The run has ended: its stored answer takes the place of the streaming one. */
export const endRun = (path: Path, runId: string, message: Message): Path => {
  const placed = changeMessage(path, message.id, (shown) => ({ ...message, siblings: shown.siblings }))
  return { ...placed, runs: path.runs.filter(({ id }) => id !== runId) }
}

/** A turn was accepted: the path goes on through it. Applying the same one twice changes nothing. */
export function addTurn(path: Path, accepted: TurnAccepted, nowIso: string): Path {
  const { run, userMessage } = accepted
  const known = path.messages.find(({ id }) => id === run.assistantMessageId)
  const runs = [...path.runs.filter(({ id }) => id !== run.id), run]
  if (known) {
    const restarted = known.runId !== run.id && isLive(run)
    return restarted
      ? {
          ...changeMessage(path, known.id, (shown) => ({ ...shown, status: 'streaming', runId: run.id })),
          runs,
        }
      : path
  }
  const parentId = userMessage ? userMessage.parentId : run.parentId
  const rival = path.messages.find((message) => message.parentId === parentId)
  const answer = placeholder(run, nowIso, userMessage ? undefined : rival)
  const added = userMessage ? [userMessage, answer] : [answer]
  return {
    ...path,
    leafId: answer.id,
    messages: [...upTo(path.messages, parentId), ...added],
    runs,
    conversation: { ...path.conversation, running: true, updatedAt: nowIso },
  }
}

/** The run whose events are read: the one that writes on the path. Those queued behind it have nothing to tell yet. */
export function followedRun({ conversation, messages }: Path): RunIdentity | null {
  const message = messages.find(({ status, runId }) => status === 'streaming' && runId !== null)
  if (!message?.runId) return null
  return {
    runId: message.runId,
    conversationId: conversation.id,
    assistantMessageId: message.id,
    model: message.model ?? '',
  }
}

/** A reading that began before a run ended does not bring it back. `endOf` gives the stored answer of an ended run. */
export function withoutEnded(path: Path, endOf: (runId: string) => Message | null): Path {
  const live = path.messages.flatMap(({ status, runId }) => (status === 'streaming' && runId ? [runId] : []))
  return [...live, ...path.runs.map(({ id }) => id)].reduce((known, runId) => {
    const message = endOf(runId)
    return message ? endRun(known, runId, message) : known
  }, path)
}

export const isLive = (run: Run): boolean => run.status === 'running' || run.status === 'queued'

function upTo(messages: readonly Message[], parentId: string | null): readonly Message[] {
  if (parentId === null) return []
  const at = messages.findIndex(({ id }) => id === parentId)
  return at === -1 ? messages : messages.slice(0, at + 1)
}

function placeholder(run: Run, nowIso: string, rival: Message | undefined): Message {
  const count = rival ? rival.siblings.count + 1 : 1
  return {
    id: run.assistantMessageId,
    parentId: run.parentId,
    role: 'assistant',
    author: null,
    content: [],
    status: 'streaming',
    model: run.model,
    runId: run.id,
    usage: null,
    costNanoUsd: null,
    timing: null,
    traceId: run.traceId,
    error: null,
    rating: null,
    siblings: { index: count - 1, count, previousId: rival?.id ?? null, nextId: null },
    createdAt: nowIso,
  }
}
