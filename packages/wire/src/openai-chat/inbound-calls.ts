import type { JsonObject } from '../spec/json.ts'
import type { ToolCall, ToolInputStart } from '../spec/stream.ts'
import { encodeCallState } from './inbound-reasoning.ts'

interface OpenCall {
  index: number
  /** Something but blanks was written, so the arguments are complete as they stand. */
  hasArguments: boolean
  hasState: boolean
}

/**
 * Numbers the calls of a streamed reply in the order in which they begin, and gives the delta for each step as JSON
 * text. https://platform.openai.com/docs/guides/function-calling#streaming
 */
export class CallWriter {
  #calls = new Map<string, OpenCall>()

  start({ id, name, providerData }: ToolInputStart): string {
    const index = this.#calls.size
    const state = encodeCallState(providerData)
    this.#calls.set(id, { index, hasArguments: false, hasState: state !== undefined })
    return deltaOf({
      index,
      id,
      type: 'function',
      function: { name, arguments: '' },
      ...(state && { extra_content: state }),
    })
  }

  piece(id: string, delta: string): string | undefined {
    const call = this.#calls.get(id)
    if (!call || delta === '') return undefined
    call.hasArguments ||= delta.trim() !== ''
    return `{"tool_calls":[{"index":${call.index},"function":{"arguments":${JSON.stringify(delta)}}}]}`
  }

  /** What was not said so far: arguments of a call without input, and the state that belongs to it. */
  end({ id, rawArgs, providerData }: ToolCall): string | undefined {
    const call = this.#calls.get(id)
    const state = call?.hasState ? undefined : encodeCallState(providerData)
    if (!call || (call.hasArguments && !state)) return undefined
    return deltaOf({
      index: call.index,
      function: { arguments: call.hasArguments ? '' : rawArgs },
      ...(state && { extra_content: state }),
    })
  }
}

function deltaOf(call: JsonObject): string {
  return JSON.stringify({ tool_calls: [call] })
}

/** The deprecated spelling, which has room for one call: the others are left out. */
export class LegacyCallWriter {
  #id: string | undefined
  #hasArguments = false

  start({ id, name }: ToolInputStart): string | undefined {
    if (this.#id !== undefined) return undefined
    this.#id = id
    return JSON.stringify({ function_call: { name, arguments: '' } })
  }

  piece(id: string, delta: string): string | undefined {
    if (id !== this.#id || delta === '') return undefined
    this.#hasArguments ||= delta.trim() !== ''
    return JSON.stringify({ function_call: { arguments: delta } })
  }

  end({ id, rawArgs }: ToolCall): string | undefined {
    if (id !== this.#id || this.#hasArguments) return undefined
    return JSON.stringify({ function_call: { arguments: rawArgs } })
  }
}
