import type { DraftMessage, DraftPart, DraftTree } from './draft.ts'

interface Linked {
  readonly sourceId: string
  readonly parentId: string | null
}

/**
 * Orders nodes so that parents come before their children, and else as in the file. Whatever the file says, the result
 * is a forest: an unknown parent counts as none, a circle is cut at one of its nodes, a repeated id gets a name of its own.
 */
export function connect<T extends Linked>(nodes: readonly T[]): T[] {
  const byId = uniquelyNamed(nodes)
  const placed = new Map<string, T>()
  for (const start of byId.values()) {
    for (const node of pathUp(start, byId, placed).toReversed()) {
      const known = node.parentId !== null && placed.has(node.parentId)
      placed.set(node.sourceId, known ? node : { ...node, parentId: null })
    }
  }
  return [...placed.values()]
}

function uniquelyNamed<T extends Linked>(nodes: readonly T[]): Map<string, T> {
  const byId = new Map<string, T>()
  const given = new Set(nodes.map((node) => node.sourceId))
  for (const [index, node] of nodes.entries()) {
    const sourceId = byId.has(node.sourceId) ? freeName(`${node.sourceId}#${index}`, given) : node.sourceId
    given.add(sourceId)
    byId.set(sourceId, { ...node, sourceId })
  }
  return byId
}

/** The name, made longer while the file gives it to a node. */
function freeName(name: string, given: ReadonlySet<string>): string {
  let free = name
  while (given.has(free)) free += '#'
  return free
}

/** From a node up to the first that has no parent, is placed, or closes a circle. */
function pathUp<T extends Linked>(
  start: T,
  byId: ReadonlyMap<string, T>,
  placed: ReadonlyMap<string, T>,
): T[] {
  const path = new Map<string, T>()
  let node: T | undefined = start
  while (node && !placed.has(node.sourceId) && !path.has(node.sourceId)) {
    path.set(node.sourceId, node)
    node = node.parentId === null ? undefined : byId.get(node.parentId)
  }
  return [...path.values()]
}

/** Removes messages without content; their children move to the nearest ancestor that stays. Parents come first. */
export function dropEmpty(tree: DraftTree): DraftTree {
  const nearest = new Map<string, string | null>()
  const messages: DraftMessage[] = []
  for (const message of tree.messages) {
    const parentId = message.parentId === null ? null : (nearest.get(message.parentId) ?? null)
    const stays = message.content.length > 0
    nearest.set(message.sourceId, stays ? message.sourceId : parentId)
    if (stays) messages.push({ ...message, parentId })
  }
  return { messages, currentId: tree.currentId === null ? null : (nearest.get(tree.currentId) ?? null) }
}

/**
 * Joins the steps of an answer (thoughts, tool calls, results, text), which some sources keep as a chain of messages,
 * into one message. Where such a chain branches, the branches stay messages of their own. Parents come first.
 */
export function foldAnswers(tree: DraftTree): DraftTree {
  const childCount = Map.groupBy(tree.messages, (message) => message.parentId)
  const answerOf = new Map<string, Answer>()
  const kept: (DraftMessage | Answer)[] = []
  for (const message of tree.messages) {
    const { parentId } = message
    const before = parentId === null ? undefined : answerOf.get(parentId)
    if (message.role === 'assistant' && before && childCount.get(parentId)?.length === 1) {
      before.content.push(...message.content)
      before.model ??= message.model
      answerOf.set(message.sourceId, before)
      continue
    }
    const one = { ...message, parentId: before?.sourceId ?? parentId, content: [...message.content] }
    if (message.role === 'assistant') answerOf.set(message.sourceId, one)
    kept.push(one)
  }
  const { currentId } = tree
  return {
    messages: kept.map((message) => ({ ...message, content: joinTexts(message.content) })),
    currentId: currentId === null ? null : (answerOf.get(currentId)?.sourceId ?? currentId),
  }
}

type Answer = Omit<DraftMessage, 'content' | 'model'> & { content: DraftPart[]; model: string | null }

/** Makes one part of texts, and of thoughts, that follow each other. */
function joinTexts(parts: readonly DraftPart[]): DraftPart[] {
  const runs: DraftPart[][] = []
  for (const part of parts) {
    const run = runs.at(-1)
    if (run?.[0]?.type === part.type && (part.type === 'text' || part.type === 'reasoning')) run.push(part)
    else runs.push([part])
  }
  return runs.flatMap(joinRun)
}

function joinRun(run: readonly DraftPart[]): DraftPart[] {
  const [head] = run
  if (run.length === 1 || (head?.type !== 'text' && head?.type !== 'reasoning')) return [...run]
  const text = run
    .map((part) => ('text' in part ? part.text : ''))
    .filter(Boolean)
    .join('\n\n')
  if (head.type === 'text') return [{ type: 'text', text }]
  const durations = run.flatMap((part) =>
    part.type === 'reasoning' && part.durationMs !== null ? [part.durationMs] : [],
  )
  return [
    {
      type: 'reasoning',
      text,
      durationMs: durations.length > 0 ? durations.reduce((sum, one) => sum + one) : null,
    },
  ]
}

const time = (message: DraftMessage): number => message.createdAt?.getTime() ?? 0

/** Where the person stands: as the source says, else at the newest message. */
export function currentOf({ messages, currentId }: DraftTree): string | null {
  if (currentId !== null && messages.some((message) => message.sourceId === currentId)) return currentId
  const newest = messages.reduce<DraftMessage | undefined>(
    (best, one) => (best && time(best) > time(one) ? best : one),
    undefined,
  )
  return newest?.sourceId ?? null
}
