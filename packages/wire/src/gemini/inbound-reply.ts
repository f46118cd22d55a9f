import type { ReplyContext } from '../spec/inbound.ts'
import type { JsonObject } from '../spec/json.ts'
import type { ProviderData } from '../spec/request.ts'
import type { Finish, SourcePart, StreamPart, ToolCall } from '../spec/stream.ts'
import {
  encodeCall,
  encodeEnd,
  encodeFile,
  encodeHidden,
  encodeItem,
  encodeText,
  encodeUsage,
} from './inbound-parts.ts'

/** `GenerateContentResponse`. https://ai.google.dev/api/generate-content#generatecontentresponse */
export function encodeReply(parts: readonly StreamPart[], context: ReplyContext): JsonObject {
  const reply = gather(parts)
  const end = reply.finish && encodeEnd(reply.finish.reason, reply.sources, reply.malformed)
  const encoded = reply.blocks.flatMap((block): JsonObject[] => {
    if ('part' in block) return [block.part]
    if (block.type === 'text' || context.wishes.includeThoughts) {
      return block.text === '' && !block.state ? [] : [encodeText(block.type, block.text, block.state)]
    }
    const hidden = encodeHidden(block.text, block.state)
    return hidden ? [hidden] : []
  })
  // Clients take a candidate without parts for an invalid one.
  const content = { parts: encoded.length > 0 ? encoded : [{ text: '' }], role: 'model' }
  return {
    candidates: [{ content, ...end, index: 0 }],
    ...(reply.finish && encodeUsage(reply.finish.usage)),
    modelVersion: context.model,
    responseId: reply.id || context.id,
  }
}

interface Text {
  type: 'text' | 'reasoning'
  text: string
  state: ProviderData | undefined
}

interface Reply {
  id: string
  blocks: (Text | { part: JsonObject })[]
  sources: SourcePart[]
  malformed: ToolCall | undefined
  finish: Finish | undefined
}

function gather(parts: readonly StreamPart[]): Reply {
  const reply: Reply = { id: '', blocks: [], sources: [], malformed: undefined, finish: undefined }
  const open = new Map<string, Text>()
  for (const part of parts) {
    switch (part.type) {
      case 'response-start':
        reply.id = part.id
        break
      case 'text-start':
      case 'reasoning-start': {
        const type = part.type === 'text-start' ? 'text' : 'reasoning'
        const block: Text = { type, text: '', state: undefined }
        open.set(`${type} ${part.id}`, block)
        reply.blocks.push(block)
        break
      }
      case 'text-delta':
      case 'reasoning-delta': {
        const block = open.get(part.type === 'text-delta' ? `text ${part.id}` : `reasoning ${part.id}`)
        if (block) block.text += part.delta
        break
      }
      case 'text-end':
      case 'reasoning-end': {
        const block = open.get(part.type === 'text-end' ? `text ${part.id}` : `reasoning ${part.id}`)
        if (block) block.state = part.providerData
        break
      }
      default:
        gatherOther(part, reply)
    }
  }
  return reply
}

/** A call whose arguments are no object cannot be said here; that it was tried is said at the end. */
function gatherOther(part: StreamPart, reply: Reply): void {
  if (part.type === 'tool-call' && part.malformed) reply.malformed = part
  else if (part.type === 'tool-call') reply.blocks.push({ part: encodeCall(part) })
  else if (part.type === 'file') reply.blocks.push({ part: encodeFile(part) })
  else if (part.type === 'provider-item') reply.blocks.push({ part: encodeItem(part.providerData) })
  else if (part.type === 'source') reply.sources.push(part)
  else if (part.type === 'finish') reply.finish = part
}
