import { inbounds, type DialectName, type JsonObject, type ModelRequest } from '@atrium/wire'
import type { Endpoint } from './addresses.ts'
import { askOf } from './ask.ts'
import { parseBody, readBytes } from './body.ts'
import { sendJson, type Asked } from './exchange.ts'
import { forwardTo } from './forward.ts'
import { refuseModel } from './models-allowed.ts'
import type { Gateway } from './service.ts'
import { refuseUpstream } from './wishes.ts'

/**
 * Counts the tokens of a request: a provider of the client's dialect is asked; for any other model it is an estimate,
 * which `X-Atrium-Estimate: true` says.
 */
export async function countTokens(
  service: Gateway,
  asked: Asked,
  { model: named, path }: Endpoint & { kind: 'count' },
): Promise<void> {
  const { exchange, dialect, member } = asked
  const bytes = await readBytes(exchange.request)
  const body = parseBody(bytes)
  refuseUpstream(exchange.request.headers, body.value)
  const { model } = askOf(dialect, body.value, named === undefined ? {} : { model: named })
  refuseModel(member, model)
  const { dialect: other } = await service.models.resolve(member.workspaceId, model)
  if (other === dialect) return forwardTo(service, asked, { model, path, dialects: [dialect], body: bytes })
  const { request } = inbounds[dialect].decodeRequest(countable(dialect, body.value), { model })
  sendJson(exchange, 200, { 'x-atrium-estimate': 'true' }, counted(dialect, estimateTokens(request)))
}

/** The request as it would be sent to be answered. */
function countable(dialect: DialectName, body: JsonObject): JsonObject {
  if (dialect === 'anthropic-messages') return { max_tokens: 1, ...body }
  const whole = body['generateContentRequest']
  return typeof whole === 'object' && whole !== null && !Array.isArray(whole) ? whole : body
}

const counted = (dialect: DialectName, tokens: number): JsonObject =>
  dialect === 'gemini' ? { totalTokens: tokens } : { input_tokens: tokens }

const bytesPerToken = 4
/** About what a picture of one megapixel counts as with the large providers. */
const tokensPerMedium = 1000
const tokensPerMessage = 4

/** UTF-8 bytes / 4 of all texts and tools, and a constant for each medium. */
function estimateTokens({ system, messages, tools }: ModelRequest): number {
  let bytes = 0
  let tokens = 0
  const add = (value: unknown): void => {
    if (typeof value === 'string') bytes += Buffer.byteLength(value)
    else if (Array.isArray(value)) for (const one of value) add(one)
    else if (typeof value === 'object' && value !== null) {
      if ('source' in value && 'type' in value) tokens += tokensPerMedium
      else for (const one of Object.values(value)) add(one)
    }
  }
  add(system)
  for (const { content } of messages) {
    tokens += tokensPerMessage
    add(content)
  }
  if (tools) bytes += Buffer.byteLength(JSON.stringify(tools))
  return tokens + Math.ceil(bytes / bytesPerToken)
}
