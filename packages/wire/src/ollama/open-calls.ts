import type { ToolCallPart } from '../spec/request.ts'

interface OpenCall {
  call: ToolCallPart
  answered: boolean
}

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
  #byId = new Map<string, OpenCall>()
  #byName = new Map<string, Queue>()
  #all: Queue = { calls: [], next: 0 }

  /** `givenId` is the id that the client knows, which may not be the one of the part. */
  add(call: ToolCallPart, givenId: string | undefined): void {
    const open = { call, answered: false }
    const named = this.#byName.get(call.name) ?? { calls: [], next: 0 }
    named.calls.push(open)
    this.#byName.set(call.name, named)
    this.#all.calls.push(open)
    if (givenId !== undefined) this.#byId.set(givenId, open)
  }

  /** By id, else the first without an answer that has the name, else, without a name, the first of all. */
  answer(id: string | undefined, name: string | undefined): ToolCallPart | undefined {
    const byId = id === undefined ? undefined : this.#byId.get(id)
    const queue = name === undefined ? this.#all : this.#byName.get(name)
    const open = byId?.answered === false ? byId : queue && firstOpen(queue)
    if (open) open.answered = true
    return open?.call
  }
}

function firstOpen(queue: Queue): OpenCall | undefined {
  while (queue.calls[queue.next]?.answered) queue.next += 1
  return queue.calls[queue.next]
}
