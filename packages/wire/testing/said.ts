import fc from 'fast-check'
import { jsonValue } from './json.ts'
import type {
  AssistantPart,
  DialectName,
  Finish,
  JsonObject,
  ProviderData,
  ReplyContext,
  StreamPart,
} from '../src/index.ts'
import { usageOf } from '../src/spec/usage.ts'

/** What a model said, block by block, as an assistant message would keep it. */
export interface Reply {
  blocks: AssistantPart[]
  finish: Finish
}

export interface ReplyOptions {
  /** Which providers' opaque state the blocks bear. */
  states?: DialectName[]
  /** Whether there are images and items that a provider ran itself. */
  rare?: boolean
}

/** Replies as decoders of providers give them: no empty text, every call with an id of its own. */
export function replies({ states = [], rare = false }: ReplyOptions = {}): fc.Arbitrary<Reply> {
  const state = states.length === 0 ? fc.constant(undefined) : fc.option(stateOf(states), { nil: undefined })
  const text = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' })
  const blocks: fc.Arbitrary<AssistantPart>[] = [
    fc.record({ type: fc.constant('text' as const), text, providerData: state }),
    fc.record({
      type: fc.constant('reasoning' as const),
      text: states.length === 0 ? text : fc.string({ maxLength: 12 }),
      providerData: state,
    }),
    fc.record({
      type: fc.constant('tool-call' as const),
      id: fc.uuid().map((id) => `call_${id}`),
      name: fc.constantFrom('get_weather', 'search'),
      args: objects,
      providerData: state,
    }),
  ]
  if (rare) {
    const source = fc.constant({ kind: 'base64' as const, mimeType: 'image/png', data: 'iVBORw0KGgo=' })
    blocks.push(fc.record({ type: fc.constant('image' as const), source, providerData: state }))
    if (states.length > 0) {
      blocks.push(fc.record({ type: fc.constant('provider-item' as const), providerData: stateOf(states) }))
    }
  }
  return fc.record({ blocks: fc.array(fc.oneof(...blocks), { maxLength: 6 }), finish: finishes }).map(tidy)
}

const objects = fc
  .dictionary(fc.string({ maxLength: 8 }), jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((value): JsonObject => JSON.parse(JSON.stringify(value)))

function stateOf(states: DialectName[]): fc.Arbitrary<ProviderData> {
  const data = fc.record({ signature: fc.string({ minLength: 1, maxLength: 20 }), nested: objects })
  return fc.record({ dialect: fc.constantFrom(...states), data })
}

const count = fc.nat({ max: 1_000_000 })

const finishes: fc.Arbitrary<Finish> = fc
  .record({ uncached: count, cacheRead: count, text: count, reasoning: count })
  .chain((counts) =>
    fc.constantFrom('stop', 'length', 'content-filter').map((unified) => ({
      type: 'finish' as const,
      reason: { unified, raw: unified },
      usage: usageOf(counts, null),
    })),
  )

/** A reply with calls that was not cut ends because of them. */
function tidy(reply: Reply): Reply {
  const calls = reply.blocks.some((block) => block.type === 'tool-call')
  const { reason } = reply.finish
  const unified = reason.unified === 'stop' && calls ? ('tool-calls' as const) : reason.unified
  const blocks = reply.blocks.map(withoutAbsent)
  return { blocks, finish: { ...reply.finish, reason: { ...reason, unified } } }
}

/** The steps of a stream of this reply; `pieceLength` cuts text anywhere, also within a code point. */
export function partsOfReply(reply: Reply, pieceLength = 3): StreamPart[] {
  const start: StreamPart = { type: 'response-start', id: 'up_1', model: 'upstream' }
  const blocks = reply.blocks.flatMap((block, index) =>
    partsOfBlock(block, `${block.type}-${index}`, pieceLength),
  )
  return [start, ...blocks, reply.finish]
}

function partsOfBlock(block: AssistantPart, id: string, pieceLength: number): StreamPart[] {
  const data = block.providerData && { providerData: block.providerData }
  switch (block.type) {
    case 'text':
    case 'reasoning': {
      const deltas = pieces(block.text, pieceLength).map((delta): StreamPart => ({
        type: `${block.type}-delta`,
        id,
        delta,
      }))
      return [{ type: `${block.type}-start`, id }, ...deltas, { type: `${block.type}-end`, id, ...data }]
    }
    case 'tool-call': {
      const { name, args } = block
      const rawArgs = JSON.stringify(args)
      return [
        { type: 'tool-input-start', id: block.id, name },
        ...pieces(rawArgs, pieceLength).map((delta): StreamPart => ({
          type: 'tool-input-delta',
          id: block.id,
          delta,
        })),
        { type: 'tool-input-end', id: block.id },
        { type: 'tool-call', id: block.id, name, args, rawArgs, ...data },
      ]
    }
    case 'image':
      if (block.source.kind !== 'base64') return []
      return [{ type: 'file', id, mimeType: block.source.mimeType, data: block.source.data, ...data }]
    case 'provider-item':
      return [{ type: 'provider-item', providerData: block.providerData }]
    default:
      return []
  }
}

function pieces(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  )
}

/** What the parts of a reply would be kept as. Calls keep their arguments as an object only. */
export function blocksOf(parts: StreamPart[]): AssistantPart[] {
  const blocks: AssistantPart[] = []
  const texts = new Map<string, Extract<AssistantPart, { type: 'text' | 'reasoning' }>>()
  for (const part of parts) {
    const data = 'providerData' in part && part.providerData ? { providerData: part.providerData } : {}
    if (part.type === 'text-start' || part.type === 'reasoning-start') {
      const block = {
        type: part.type === 'text-start' ? ('text' as const) : ('reasoning' as const),
        text: '',
      }
      texts.set(part.id, block)
      blocks.push(block)
    } else if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      const block = texts.get(part.id)
      if (block) block.text += part.delta
    } else if (part.type === 'text-end' || part.type === 'reasoning-end') {
      Object.assign(texts.get(part.id) ?? {}, data)
    } else if (part.type === 'tool-call') {
      blocks.push({ type: 'tool-call', id: part.id, name: part.name, args: part.args, ...data })
    } else if (part.type === 'file') {
      const source = { kind: 'base64' as const, mimeType: part.mimeType, data: part.data }
      blocks.push({ type: 'image', source, ...data })
    } else if (part.type === 'provider-item')
      blocks.push({ type: 'provider-item', providerData: part.providerData })
  }
  return blocks
}

export function replyContext(wishes: ReplyContext['wishes'] = {}): ReplyContext {
  return { id: 'own_1', model: 'team/model', createdAt: 1_741_290_958, wishes }
}

function withoutAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
