import type { DialectName } from '../spec/dialect-name.ts'

/**
 * Judges whole events by their text, one character per byte. For events that change neither usage nor end nor
 * failure, it gives how many bytes the model wrote in them, as they are spelled; `undefined` means that they must be
 * decoded. What it does not know must be decoded.
 *
 * One expression per dialect: it searches a short text several times faster than `includes` does, and far faster than
 * the events could be parsed.
 */
export type Skipper = (events: string) => number | undefined

/** None for a dialect whose events must all be decoded. */
export function createSkipper(dialect: DialectName): Skipper | undefined {
  return skippers[dialect]()
}

const skippers: Record<DialectName, () => Skipper | undefined> = {
  'anthropic-messages': () => skipUnless(anthropicTelling, /"(?:text|thinking|partial_json)":"/g),
  'openai-chat': createChatSkipper,
  'openai-responses': createResponsesSkipper,
  // Every event may revise the usage, and one that leaves a count out does not take it back.
  gemini: () => undefined,
  ollama: () => skipUnless(/"done"(?!:false)|"tool_calls"|"error"/, /"(?:content|thinking)":"(?!")/g),
}

const anthropicTelling = /data:(?! ?\{"type":"content_block_delta")/

/** All but deltas and the events that repeat what they have told, which the last event does once more. */
const responsesTelling =
  /data:(?! ?\{"type":"response\.(?:in_progress|content_part\.\w+|reasoning_summary_part\.\w+|(?:output_text|reasoning_text|reasoning_summary_text|function_call_arguments|refusal)\.(?:delta|done))")/

/** The first delta of an item is decoded, else the decoder would take the item's final form for news. */
function createResponsesSkipper(): Skipper {
  const skip = skipUnless(responsesTelling, /"delta":"/g)
  let isNewItem = false
  return (events) => {
    const length = skip(events)
    if (length === undefined) isNewItem = true
    else if (isNewItem && length > 0) {
      isNewItem = false
      return undefined
    }
    return length
  }
}

/** `"usage":null` stands in every chunk of a stream that will tell it. Of calls one must be seen, since the reason of
 * the end depends on it. */
function createChatSkipper(): Skipper {
  const beforeCalls = skipUnless(chatTellingBeforeCalls, chatDelta)
  const afterCalls = skipUnless(chatTelling, chatDelta)
  let sawCall = false
  return (events) => {
    if (sawCall) return afterCalls(events)
    const length = beforeCalls(events)
    if (length === undefined) sawCall = events.includes('"tool_calls"')
    return length
  }
}

const chatTelling = /"usage"(?!:null)|"finish_reason"(?!:null)|"error"|"refusal":"|\[DONE\]/
const chatTellingBeforeCalls = new RegExp(`${chatTelling.source}|"tool_calls"`)
const chatDelta = /"(?:content|reasoning_content|reasoning|arguments|text)":"/g

function skipUnless(telling: RegExp, delta: RegExp): Skipper {
  return (events) => {
    if (telling.test(events)) return undefined
    let length = 0
    delta.lastIndex = 0
    while (delta.test(events)) length += stringLength(events, delta.lastIndex)
    return length
  }
}

/** The length of the string whose opening quote is just before `start`. */
function stringLength(text: string, start: number): number {
  let end = start
  for (let code = text.charCodeAt(end); code !== quote && end < text.length; code = text.charCodeAt(end)) {
    end += code === backslash ? 2 : 1
  }
  return end - start
}

const quote = 34
const backslash = 92
