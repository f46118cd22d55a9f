import { indexOf, objectOf, objectsOf, stringOf } from '../shared/json.ts'
import { CallIds, toolCallPart } from '../shared/part-writer.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { StreamPart } from '../spec/stream.ts'

interface Call {
  id: string
  name: string
  rawArgs: string
  started: boolean
}

/**
 * Puts calls together from their pieces. OpenAI gives every piece an index and the first one id and name. Compatible
 * servers leave out the index, repeat index 0 for every call, leave out the id, or send a call whole.
 */
export class ToolCallCollector {
  #calls: Call[] = []
  #ids = new CallIds()
  #byIndex = new Map<number, Call>()

  get count(): number {
    return this.#calls.length
  }

  push(delta: JsonObject, responseId: string, out: StreamPart[]): void {
    this.#ids.seed = responseId
    for (const piece of objectsOf(delta['tool_calls'])) this.#pushPiece(piece, out)
  }

  /** Ends every call, in the order in which they began. */
  close(out: StreamPart[]): void {
    for (const call of this.#calls) {
      this.#start(call, out)
      out.push({ type: 'tool-input-end', id: call.id }, toolCallPart(call.id, call.name, call.rawArgs))
    }
    this.#calls = []
    this.#byIndex.clear()
  }

  #pushPiece(piece: JsonObject, out: StreamPart[]): void {
    const details = objectOf(piece['function']) ?? {}
    const name = stringOf(details['name']) || undefined
    const id = stringOf(piece['id']) || undefined
    const index = indexOf(piece['index'])
    const call = this.#find(index, id, name) ?? this.#open(index, id)
    if (call.name === '' && name !== undefined) call.name = name
    this.#append(call, argumentsText(details['arguments']), out)
  }

  #find(index: number | undefined, id: string | undefined, name: string | undefined): Call | undefined {
    if (index !== undefined) {
      const call = this.#byIndex.get(index)
      const isAnother = call && name !== undefined && id !== undefined && id !== call.id
      return isAnother ? this.#calls.find((other) => other.id === id) : call
    }
    if (id !== undefined) return this.#calls.find((call) => call.id === id)
    return name === undefined ? this.#calls.at(-1) : undefined
  }

  #open(index: number | undefined, id: string | undefined): Call {
    const call = {
      id: this.#ids.take(id),
      name: '',
      rawArgs: '',
      started: false,
    }
    this.#calls.push(call)
    if (index !== undefined) this.#byIndex.set(index, call)
    return call
  }

  #append(call: Call, piece: string, out: StreamPart[]): void {
    call.rawArgs += piece
    if (call.started) {
      if (piece !== '') out.push({ type: 'tool-input-delta', id: call.id, delta: piece })
    } else if (call.name !== '') this.#start(call, out)
  }

  #start(call: Call, out: StreamPart[]): void {
    if (call.started) return
    call.started = true
    out.push({ type: 'tool-input-start', id: call.id, name: call.name })
    if (call.rawArgs !== '') out.push({ type: 'tool-input-delta', id: call.id, delta: call.rawArgs })
  }
}

/** A JSON string; some servers send the object itself. */
function argumentsText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value
  return objectOf(value) ? JSON.stringify(value) : ''
}
