import type { AssistantMessage, AssistantPart, ModelRequest, TextPart } from '../spec/request.ts'
import type { StreamPart } from '../spec/stream.ts'
import { Sequencer } from './sequencer.ts'

/**
 * What a provider must be shown again with a tool call, and a client's dialect has no place for (Chat Completions,
 * Ollama): kept by whoever serves the client, under the id of the call and for that client only.
 */
export interface OpaqueState {
  callId: string
  /**
   * What stood before the call since the one before it, in order, and last the call itself when it bears state. A text
   * without provider data only marks where text stood. Text and arguments are not kept: the client brings them.
   */
  parts: AssistantPart[]
}

/** The state in a reply, of the calls that have any. */
export function opaqueStateOf(reply: readonly StreamPart[]): OpaqueState[] {
  const states: OpaqueState[] = []
  let before: AssistantPart[] = []
  let text = ''
  const sequencer = new Sequencer((part) => {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        text = ''
        break
      case 'text-delta':
      case 'reasoning-delta':
        text += part.delta
        break
      case 'text-end':
        if (text !== '') before.push(placeOfText)
        else if (part.providerData) before.push({ type: 'text', text, providerData: part.providerData })
        break
      case 'reasoning-end':
        if (part.providerData) before.push({ type: 'reasoning', text, providerData: part.providerData })
        break
      case 'provider-item':
        before.push({ type: 'provider-item', providerData: part.providerData })
        break
      case 'tool-call': {
        const { id, name, providerData } = part
        if (providerData) before.push({ type: 'tool-call', id, name, args: {}, providerData })
        if (before.some(bearsState)) states.push({ callId: id, parts: before })
        before = []
        break
      }
      default:
    }
  })
  for (const part of reply) sequencer.push(part)
  return states
}

const placeOfText: TextPart = { type: 'text', text: '' }

/**
 * Puts state back to the calls of a conversation. A message that already carries state of the same provider is left
 * as it is. Gives the request itself when there was nothing to put back.
 */
export function restoreOpaqueState(
  request: ModelRequest,
  find: (callId: string) => readonly AssistantPart[] | undefined,
): ModelRequest {
  let isChanged = false
  const messages = request.messages.map((message) => {
    if (message.role !== 'assistant') return message
    const content = restoreContent(message, find)
    if (content) isChanged = true
    return content ? { ...message, content } : message
  })
  return isChanged ? { ...request, messages } : request
}

function restoreContent(
  { content }: AssistantMessage,
  find: (callId: string) => readonly AssistantPart[] | undefined,
): AssistantPart[] | undefined {
  const firstCall = content.findIndex((part) => part.type === 'tool-call')
  let isChanged = false
  let said = content.slice(0, Math.max(0, firstCall))
  const restored: AssistantPart[] = []
  for (const part of content.slice(said.length)) {
    const state = part.type === 'tool-call' ? find(part.id) : undefined
    if (part.type === 'tool-call' && state && !carries(content, state)) {
      restored.push(...arrange(state, said), withState(part, state))
      isChanged = true
    } else restored.push(...said, part)
    said = []
  }
  return isChanged ? restored : undefined
}

/** State before a call and what the client says before it, in the order that they had. */
function arrange(state: readonly AssistantPart[], said: AssistantPart[]): AssistantPart[] {
  const before = state.filter((part) => part.type !== 'tool-call')
  const place = before.findIndex(isPlace)
  const at = place === -1 ? before.length : place
  return [...before.slice(0, at), ...said, ...before.slice(at)].filter(
    (part) => !isPlace(part) || said.includes(part),
  )
}

function withState(
  call: Extract<AssistantPart, { type: 'tool-call' }>,
  state: readonly AssistantPart[],
): AssistantPart {
  const kept = state.find((part) => part.type === 'tool-call' && part.id === call.id)
  const providerData = kept && 'providerData' in kept ? kept.providerData : undefined
  return providerData && !call.providerData ? { ...call, providerData } : call
}

function carries(content: readonly AssistantPart[], state: readonly AssistantPart[]): boolean {
  const dialects = new Set(state.map((part) => part.providerData?.dialect))
  return content.some((part) => bearsState(part) && dialects.has(part.providerData?.dialect))
}

/** The data of a text adds to it, and a model goes on without. */
function bearsState(part: AssistantPart): boolean {
  return part.providerData !== undefined && (part.type !== 'text' || part.text === '')
}

function isPlace(part: AssistantPart): boolean {
  return part.type === 'text' && part.text === '' && part.providerData === undefined
}
