import type { FidelityCollector } from '../shared/fidelity.ts'
import {
  booleanAt,
  objectAt,
  requiredObjectAt,
  requiredStringAt,
  stringAt,
} from '../shared/request-values.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { AssistantPart, ProviderData, ReasoningPart, TextPart, ToolCallPart } from '../spec/request.ts'
import type { InboundCalls } from './inbound-calls.ts'
import { decodeMedia } from './inbound-media.ts'
import { readSignature } from './inbound-state.ts'
import { memberOf } from './inbound-values.ts'

/**
 * Reads one part of a `model` turn into the assistant's message. Clients send the parts of a stream as they got them,
 * so text that continues text is joined to it; a part that bears a signature of Google's stands by itself.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 *
 * @throws RequestError
 */
export function readModelPart(
  part: JsonObject,
  at: string,
  content: AssistantPart[],
  calls: InboundCalls,
  notes: FidelityCollector,
): void {
  const signature = stringAt(memberOf(part, 'thoughtSignature'), `${at}.thoughtSignature`) ?? ''
  const text = stringAt(part['text'], `${at}.text`)
  if (text !== undefined) {
    const type = booleanAt(part['thought'], `${at}.thought`) === true ? 'reasoning' : 'text'
    readText(type, text, signature, content)
    return
  }
  const own = signature === '' ? undefined : { thoughtSignature: signature }
  const state = signature === '' ? undefined : readSignature(signature)?.state
  if (memberOf(part, 'functionCall') != null) {
    content.push(readCall(part, at, calls, own, state))
    return
  }
  if (memberOf(part, 'functionResponse') != null) {
    throw new RequestError('A function response belongs to a turn of the user.', `${at}.functionResponse`)
  }
  const media = decodeMedia(part, at, notes)
  if (media) content.push(withData(media, state ?? (own && { dialect: 'gemini', data: own })))
  else readOther(part, at, content)
}

function readText(
  type: 'text' | 'reasoning',
  text: string,
  signature: string,
  content: AssistantPart[],
): void {
  if (signature === '') {
    if (text !== '') continueText(type, text, content)
    return
  }
  const carried = readSignature(signature)
  if (!carried) {
    const data = { thoughtSignature: signature }
    content.push({ type, text, providerData: { dialect: 'gemini', data } })
    return
  }
  switch (carried.of) {
    case 'part':
      content.push({ type, text, providerData: carried.state })
      return
    case 'item':
      if (text !== '') continueText(type, text, content)
      content.push({ type: 'provider-item', providerData: carried.state })
      return
    case 'thought':
      content.push({ type: 'reasoning', text: carried.text, providerData: carried.state })
      return
    default:
      endBlock(type, continueText(type, text, content), carried, content)
  }
}

/** Joins text to the text before, unless that is complete. */
function continueText(
  type: 'text' | 'reasoning',
  text: string,
  content: AssistantPart[],
): TextPart | ReasoningPart {
  const last = content.at(-1)
  if (
    last &&
    (last.type === 'text' || last.type === 'reasoning') &&
    last.type === type &&
    !last.providerData
  ) {
    last.text += text
    return last
  }
  const part = { type, text }
  content.push(part)
  return part
}

/** The state belongs to the end of what was joined; what is before it is a part of its own. */
function endBlock(
  type: 'text' | 'reasoning',
  joined: TextPart | ReasoningPart,
  { length, state }: { length: number; state: ProviderData },
  content: AssistantPart[],
): void {
  const start = joined.text.length - length
  if (start <= 0) {
    joined.providerData = state
    return
  }
  const text = joined.text.slice(start)
  joined.text = joined.text.slice(0, start)
  content.push({ type, text, providerData: state })
}

function readCall(
  part: JsonObject,
  at: string,
  calls: InboundCalls,
  own: JsonObject | undefined,
  state: ProviderData | undefined,
): ToolCallPart {
  const path = `${at}.functionCall`
  const body = requiredObjectAt(memberOf(part, 'functionCall'), path)
  const given = stringAt(body['id'], `${path}.id`)
  const id = calls.take(given)
  const call: ToolCallPart = {
    type: 'tool-call',
    id,
    name: requiredStringAt(body['name'], `${path}.name`),
    args: objectAt(body['args'], `${path}.args`) ?? {},
  }
  calls.add(call, given)
  // As the decoder of Gemini's replies has it, so that an id goes back only where it came from.
  const data = { ...own, ...(id === given && { id }) }
  const fallback: ProviderData | undefined =
    Object.keys(data).length > 0 ? { dialect: 'gemini', data } : undefined
  return withData(call, state ?? fallback)
}

/** What Gemini's own tools did; a part that says nothing but how it is meant is passed over. */
function readOther(part: JsonObject, at: string, content: AssistantPart[]): void {
  if (Object.keys(part).length === 0) {
    throw new RequestError("A part must hold one of its fields, such as 'text'.", at)
  }
  if (Object.keys(part).every((member) => member === 'thought')) return
  content.push({ type: 'provider-item', providerData: { dialect: 'gemini', data: part } })
}

function withData<T extends { providerData?: ProviderData | undefined }>(
  part: T,
  data: ProviderData | undefined,
): T {
  if (data) part.providerData = data
  return part
}
