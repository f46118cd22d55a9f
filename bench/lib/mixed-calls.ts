/** Calls of every kind that clients make of the gateway, and what must come back. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Agent } from 'undici'

/** How a provider is spoken to, by the name of its connection. */
export const providerKinds = ['anthropic', 'openai', 'openai-responses', 'google', 'ollama'] as const
export type ProviderKind = (typeof providerKinds)[number]

/** The model of each connection that answers, one of the few with a price where there is one. */
export const steadyModel: Readonly<Record<ProviderKind, string>> = {
  anthropic: 'claude-sonnet-4-5',
  openai: 'gpt-4o-mini',
  'openai-responses': 'gpt-4o-mini',
  google: 'gemini-2.5-flash',
  ollama: 'fake-1',
}
/** The model of each connection whose answers break: what that makes of its breaker is no matter of the others. */
export const brittleModel = 'fake-brittle'
/** The model of each connection that is limited, overloaded or silent now and then; an alias fails over from it. */
export const shakyModel = 'fake-shaky'
export const aliasOf = (kind: ProviderKind): string => `soak/${kind}`

/** A client's dialect: where it calls, what it sends, and how a whole stream ends. */
interface Dialect {
  readonly path: (model: string, stream: boolean) => string
  readonly body: (model: string, text: string, stream: boolean) => unknown
  readonly keyHeader: (key: string) => Readonly<Record<string, string>>
  readonly end: RegExp
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const chat = (model: string, text: string, stream: boolean) => ({
  model,
  stream,
  messages: [{ role: 'user', content: text }],
})

const dialects: readonly Dialect[] = [
  { path: () => '/v1/chat/completions', body: chat, keyHeader: bearer, end: /data: \[DONE\]\n\n$/ },
  {
    path: () => '/v1/responses',
    body: (model, text, stream) => ({ model, stream, input: text }),
    keyHeader: bearer,
    end: /"type":"response\.completed"/,
  },
  {
    path: () => '/v1/messages',
    body: (model, text, stream) => ({ ...chat(model, text, stream), max_tokens: 1000 }),
    keyHeader: (key) => ({ 'x-api-key': key }),
    end: /event: message_stop\n/,
  },
  {
    path: (model, stream) =>
      `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (_model, text) => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
    keyHeader: (key) => ({ 'x-goog-api-key': key }),
    end: /"finishReason":\s*"STOP"/,
  },
  { path: () => '/api/chat', body: chat, keyHeader: bearer, end: /"done":\s*true/ },
]

/** What happens to a call: nothing, the client hangs up, the provider fails, or it fails where another one can answer. */
export type Fate = 'plain' | 'cancelled' | 'faulty' | 'failing-over'

export interface PlannedCall {
  /** Finds the call in the database, whatever its client was answered. */
  readonly traceId: string
  readonly fate: Fate
  readonly stream: boolean
  readonly dialect: Dialect
  readonly model: string
  readonly text: string
  /** Under a key of its own, so that the answer is kept for repetitions. */
  readonly idempotent: boolean
}

/** Before the first content, or in the middle of it. */
const faults = ['status:500', 'error-after:5', 'cut-after:5', 'end-after:5', 'garbage:5', 'empty', 'html']
const faultsElsewhere = [
  'status:429',
  'status:429:1',
  'status:503:1',
  'status:529',
  'cut-headers',
  'stall-first-token',
]

/** Chooses a call: one in ten is cancelled, one in twenty meets a fault. */
export function planCall(random: () => number): PlannedCall {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const kind = pick(providerKinds)
  const draw = random()
  const fate: Fate =
    draw < 0.1 ? 'cancelled' : draw < 0.125 ? 'faulty' : draw < 0.15 ? 'failing-over' : 'plain'
  const viaAlias = fate === 'failing-over' || (fate === 'plain' && random() < 0.3)
  return {
    traceId: randomBytes(16).toString('hex'),
    fate,
    stream: fate === 'cancelled' || random() < 0.5,
    dialect: pick(dialects),
    model: viaAlias
      ? aliasOf(kind)
      : `${kind}/${fate === 'faulty' || random() < 0.1 ? brittleModel : steadyModel[kind]}`,
    text: directiveOf(fate, pick),
    idempotent: fate === 'plain' && random() < 0.05,
  }
}

function directiveOf(fate: Fate, pick: <T>(list: readonly T[]) => T): string {
  switch (fate) {
    case 'plain':
      return 'A plain call. [[fake tokens=20]]'
    case 'cancelled':
      return 'A call that is cancelled. [[fake tokens=200 rate=100]]'
    case 'faulty':
      return `A call that fails. [[fake tokens=20 fault=${pick(faults)}]]`
    case 'failing-over':
      return `A call that fails over. [[fake tokens=20 on=${shakyModel} fault=${pick(faultsElsewhere)}]]`
  }
}

export interface Answered {
  readonly status: number
  /** The call, where the answer names it. */
  readonly callId: string | undefined
  /** It came to its end as the dialect says. */
  readonly whole: boolean
  /** The beginning of what came instead. */
  readonly said: string
}

/** Makes a call; one that is to be cancelled is cut at the first bytes of its answer. Rejects when there is no answer. */
export async function makeCall(
  agent: Agent,
  origin: string,
  key: string,
  call: PlannedCall,
): Promise<Answered> {
  const { dialect, model, stream, text } = call
  const { statusCode, headers, body } = await agent.request({
    origin,
    path: dialect.path(model, stream),
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${call.traceId}-00f067aa0ba902b7-01`,
      ...dialect.keyHeader(key),
      ...(call.idempotent ? { 'idempotency-key': call.traceId } : {}),
    },
    body: JSON.stringify(dialect.body(model, text, stream)),
  })
  const callId = headers['x-atrium-call']
  const seen = { status: statusCode, callId: typeof callId === 'string' ? callId : undefined }
  body.on('error', () => undefined)
  if (call.fate === 'cancelled' && statusCode === 200) {
    await once(body, 'data')
    body.destroy()
    return { ...seen, whole: false, said: '' }
  }
  let said = ''
  body.setEncoding('utf8')
  for await (const chunk of body) said += String(chunk)
  const whole = statusCode === 200 && (stream ? dialect.end.test(said) : said.trimEnd().endsWith('}'))
  return { ...seen, whole, said: whole ? '' : said.slice(0, 300) }
}
