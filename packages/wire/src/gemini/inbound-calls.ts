import { stableId } from '../shared/part-writer.ts'
import type { ToolCallPart } from '../spec/request.ts'

interface Pending {
  call: ToolCallPart
  answered: boolean
}

/** Calls in order; those before `head` are answered. */
interface Queue {
  items: Pending[]
  head: number
}

/**
 * Ids for calls, which clients of older models do not give, and the calls that responses answer. A made-up id depends
 * on the call's place in the conversation alone, so it is the same in every request of that conversation.
 * https://ai.google.dev/gemini-api/docs/function-calling
 */
export class InboundCalls {
  #count = 0
  readonly #taken = new Set<string>()
  #pending: Queue = { items: [], head: 0 }
  #byGivenId = new Map<string, Queue>()
  #byName = new Map<string, Queue>()

  /** The model speaks again: calls that were left without a response get none any more. */
  forget(): void {
    if (this.#pending.items.length === 0) return
    this.#pending = { items: [], head: 0 }
    this.#byGivenId = new Map()
    this.#byName = new Map()
  }

  /** The id of the next call. Some clients give the name of the function as the id of all its calls. */
  take(given: string | undefined): string {
    this.#count += 1
    const isFree = given !== undefined && given !== '' && !this.#taken.has(given)
    const id = isFree ? given : stableId('call', `gemini ${this.#count}`)
    this.#taken.add(id)
    return id
  }

  add(call: ToolCallPart, givenId: string | undefined): void {
    const pending = { call, answered: false }
    this.#pending.items.push(pending)
    append(this.#byName, call.name, pending)
    if (givenId) append(this.#byGivenId, givenId, pending)
  }

  /** The call that a response answers: by its id, else by its name, else the next one. */
  answer(givenId: string | undefined, name: string): ToolCallPart | undefined {
    const found =
      next(givenId ? this.#byGivenId.get(givenId) : undefined) ??
      next(this.#byName.get(name)) ??
      next(this.#pending)
    if (!found) return undefined
    found.answered = true
    return found.call
  }
}

function next(queue: Queue | undefined): Pending | undefined {
  if (!queue) return undefined
  while (queue.items[queue.head]?.answered) queue.head += 1
  return queue.items[queue.head]
}

function append(queues: Map<string, Queue>, key: string, pending: Pending): void {
  const queue = queues.get(key)
  if (queue) queue.items.push(pending)
  else queues.set(key, { items: [pending], head: 0 })
}
