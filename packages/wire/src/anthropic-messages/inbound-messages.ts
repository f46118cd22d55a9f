import type { FidelityCollector } from '../shared/fidelity.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type {
  AssistantPart,
  Message,
  ProviderData,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from '../spec/request.ts'
import { readThinking } from './carrier.ts'
import { blocksAt, cacheOf, decodeText, decodeTexts, decodeUserBlock, own } from './inbound-blocks.ts'
import { booleanAt, objectAt, objectsAt, refuse, required, stringAt, wordAt } from './inbound-values.ts'

/** https://platform.claude.com/docs/en/api/messages */
export function decodeMessages(value: JsonValue | undefined, notes: FidelityCollector): Message[] {
  if (value === undefined || value === null) refuse('messages', 'Field required')
  const entries = objectsAt(value, 'messages')
  if (entries.length === 0) refuse('messages', 'at least one message is required')
  const callNames = new Map<string, string>()
  return entries.flatMap(([message, path], index): Message[] => {
    const roleAt = `${path}.role`
    const role = required(wordAt(message['role'], roleAt, ['user', 'assistant', 'system']), roleAt)
    const isLast = index === entries.length - 1
    const { content } = message
    const at = `${path}.content`
    if (role === 'system') return [{ role, content: decodeTexts(content, at) }]
    if (content === '' || (Array.isArray(content) && content.length === 0)) {
      if (role === 'assistant' && isLast) return []
      refuse(path, 'all messages must have non-empty content except for the optional final assistant message')
    }
    return role === 'user'
      ? decodeUser(blocksAt(content, at), callNames, notes)
      : [{ role, content: decodeAssistant(blocksAt(content, at), callNames) }]
  })
}

/** Results of tools are a message of their own, before what the user says. */
function decodeUser(
  blocks: [JsonObject, string][],
  callNames: ReadonlyMap<string, string>,
  notes: FidelityCollector,
): Message[] {
  const results: ToolResultPart[] = []
  const parts: UserPart[] = []
  for (const [block, path] of blocks) {
    if (block['type'] === 'tool_result') results.push(decodeResult(block, path, callNames, notes))
    else parts.push(decodeUserBlock(block, path, notes))
  }
  const messages: Message[] = []
  if (results.length > 0) messages.push({ role: 'tool', content: results })
  if (parts.length > 0) messages.push({ role: 'user', content: parts })
  return messages
}

function decodeResult(
  block: JsonObject,
  path: string,
  callNames: ReadonlyMap<string, string>,
  notes: FidelityCollector,
): ToolResultPart {
  const at = `${path}.tool_use_id`
  const toolCallId = required(stringAt(block['tool_use_id'], at), at)
  const toolName =
    callNames.get(toolCallId) ??
    refuse(
      path,
      `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${toolCallId}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    )
  const { content } = block
  const blocks = content === undefined || content === null ? [] : blocksAt(content, `${path}.content`)
  return {
    type: 'tool-result',
    toolCallId,
    toolName,
    content: blocks.map(([part, partPath]) => decodeUserBlock(part, partPath, notes)),
    ...(booleanAt(block['is_error'], `${path}.is_error`) && { isError: true }),
    ...cacheOf(block, path),
  }
}

function decodeAssistant(blocks: [JsonObject, string][], callNames: Map<string, string>): AssistantPart[] {
  const parts: AssistantPart[] = []
  let callData: ProviderData | undefined
  for (const [block, path] of blocks) {
    switch (block['type']) {
      case 'text':
        parts.push(decodeText(block, path))
        break
      case 'thinking': {
        const carried = decodeThinking(block, path)
        if (carried.kind === 'call') callData = carried.data
        else parts.push(carried.part)
        break
      }
      case 'redacted_thinking':
        required(stringAt(block['data'], `${path}.data`), `${path}.data`)
        parts.push({ type: 'reasoning', text: '', providerData: own(block) })
        break
      case 'tool_use': {
        const call = decodeCall(block, path, callData)
        callData = undefined
        callNames.set(call.id, call.name)
        parts.push(call)
        break
      }
      default:
        parts.push({ type: 'provider-item', providerData: own(block) })
    }
  }
  return parts
}

/** A thinking block of another provider may come back without a signature. */
function decodeThinking(block: JsonObject, path: string) {
  const thinking = required(stringAt(block['thinking'], `${path}.thinking`), `${path}.thinking`)
  return readThinking(thinking, stringAt(block['signature'], `${path}.signature`) ?? '')
}

function decodeCall(block: JsonObject, path: string, carried: ProviderData | undefined): ToolCallPart {
  const { type: _type, id, name, input, cache_control: _cache, ...rest } = block
  const others = Object.entries(rest).filter(([, value]) => value !== null)
  const providerData = carried ?? (others.length > 0 ? own(Object.fromEntries(others)) : undefined)
  return {
    type: 'tool-call',
    id: required(stringAt(id, `${path}.id`), `${path}.id`),
    name: required(stringAt(name, `${path}.name`), `${path}.name`),
    args: required(objectAt(input, `${path}.input`), `${path}.input`),
    ...(providerData && { providerData }),
    ...cacheOf(block, path),
  }
}
