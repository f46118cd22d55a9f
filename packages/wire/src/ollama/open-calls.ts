import type { ToolCallPart } from '../spec/request.ts'

interface OpenCall {
  call: ToolCallPart
  answered: boolean
}

/** Calls in their order. */
interface Queue {
  calls: OpenCall[]
  /** Everything before it is answered. */
  next: number
}

/**
 * The calls of one assistant message, and which of them a result belongs to: results may come in any order, with an
 * id, with a name, or with neither. Each step takes the same time, however many calls there are.
 */
export class OpenCalls {
  #byId = new Map<string, Queue>()
  #byName = new Map<string, Queue>()
  #all: Queue = { calls: [], next: 0 }

  /** `givenId` is the id that the client knows. It may not be the one of the part, nor of one call only. */
  add(call: ToolCallPart, givenId: string | undefined): void {
    const open = { call, answered: false }
    queueOf(this.#byName, call.name).calls.push(open)
    this.#all.calls.push(open)
    if (givenId !== undefined) queueOf(this.#byId, givenId).calls.push(open)
  }

  /** The first open call that has the id, else the first that has the name, else, without a name, the first of all. */
  answer(id: string | undefined, name: string | undefined): ToolCallPart | undefined {
    const byId = id === undefined ? undefined : firstOpen(this.#byId.get(id))
    const open = byId ?? firstOpen(name === undefined ? this.#all : this.#byName.get(name))
    if (open) open.answered = true
    return open?.call
  }
}

function queueOf(queues: Map<string, Queue>, key: string): Queue {
  const queue = queues.get(key) ?? { calls: [], next: 0 }
  queues.set(key, queue)
  return queue
}

function firstOpen(queue: Queue | undefined): OpenCall | undefined {
  if (!queue) return undefined
  while (queue.calls[queue.next]?.answered) queue.next += 1
  return queue.calls[queue.next]
}
