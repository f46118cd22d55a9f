import { createHash, randomBytes } from 'node:crypto'
import type { APIRequestContext } from 'playwright-core'

/** A span as a test writes it; times are milliseconds after the beginning of its trace. */
export interface SentSpan {
  /** Any text; `parent` names another one's. */
  key: string
  parent?: string
  name: string
  at: number
  tookMs: number
  failed?: string
  /** Numbers without a fraction are sent as integers, objects as JSON. */
  attributes?: Readonly<Record<string, unknown>>
  events?: readonly { name: string; at: number; attributes: Readonly<Record<string, string>> }[]
}

export interface SentTrace {
  /** How long ago it began. */
  agoMs: number
  service: string
  environment?: string
  spans: readonly SentSpan[]
}

/** An application with a key of its own that sends spans as an exporter does: OTLP over HTTP, as JSON. */
export interface Sender {
  /** Gives the id of the trace. */
  send(trace: SentTrace): Promise<string>
}

const spansAtOnce = 2000

/** Makes a key as the person who is signed in. */
export async function newSender(request: APIRequestContext, url: string): Promise<Sender> {
  const { workspaces } = (await (await request.get(`${url}/api/v1/bootstrap`)).json()) as {
    workspaces: { id: string }[]
  }
  const data = { name: 'Exporter', scopes: ['telemetry:write'] }
  const reply = await request.post(`${url}/api/v1/workspaces/${workspaces[0]?.id}/api-keys`, { data })
  const { secret } = (await reply.json()) as { secret: string }
  return {
    send: async (trace) => {
      const traceId = randomBytes(16).toString('hex')
      for (let first = 0; first < trace.spans.length; first += spansAtOnce) {
        const spans = trace.spans.slice(first, first + spansAtOnce)
        const response = await fetch(`${url}/v1/traces`, {
          method: 'POST',
          headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
          body: JSON.stringify(requestOf(traceId, { ...trace, spans })),
        })
        if (!response.ok) throw new Error(`Sending spans: ${response.status} ${await response.text()}`)
      }
      return traceId
    },
  }
}

function requestOf(
  traceId: string,
  { agoMs, service, environment = 'production', spans }: SentTrace,
): object {
  const beginMs = Date.now() - agoMs
  const nanos = (afterMs: number) => `${BigInt(Math.round((beginMs + afterMs) * 1000)) * 1000n}`
  const resource = { 'service.name': service, 'deployment.environment.name': environment }
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [
          {
            scope: { name: 'e2e', version: '1' },
            spans: spans.map(({ key, parent, name, at, tookMs, failed, attributes = {}, events = [] }) => ({
              traceId,
              spanId: idOf(key),
              ...(parent !== undefined && { parentSpanId: idOf(parent) }),
              name,
              kind: 1,
              startTimeUnixNano: nanos(at),
              endTimeUnixNano: nanos(at + tookMs),
              attributes: attributesOf(attributes),
              events: events.map((event) => ({
                name: event.name,
                timeUnixNano: nanos(event.at),
                attributes: attributesOf(event.attributes),
              })),
              status: failed === undefined ? {} : { code: 2, message: failed },
            })),
          },
        ],
      },
    ],
  }
}

const idOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 16)

const attributesOf = (values: Readonly<Record<string, unknown>>): object[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }))

function valueOf(value: unknown): object {
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { stringValue: typeof value === 'string' ? value : JSON.stringify(value) }
}

/** An agent that asks a model, calls two tools of which one may fail, and asks again. */
export function agentRun(
  over: { agent?: string; session?: string; model?: string; failing?: boolean } = {},
): SentSpan[] {
  const { agent = 'shopper', session = 'basket-7', model = 'gpt-5', failing = false } = over
  const about = { 'gen_ai.agent.name': agent, 'gen_ai.conversation.id': session, 'user.id': 'jane' }
  const call = (input: number, output: number, said: object[], answer: object) => ({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': model,
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.cache_read.input_tokens': Math.round(input / 3),
    'gen_ai.usage.output_tokens': output,
    'gen_ai.input.messages': said,
    'gen_ai.output.messages': [answer],
    'app.tenant': 'blue',
  })
  const text = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] })
  const asked = [
    text('system', 'You help people to find shoes. Be brief and honest about prices.'),
    text('user', 'Which **red shoes** are there below 100 €?'),
  ]
  const wanted = { type: 'tool_call', id: 'c1', name: 'search', arguments: { colour: 'red', maxPrice: 100 } }
  const found = { type: 'tool_call_response', id: 'c1', response: { shoes: [{ name: 'Runner', price: 89 }] } }
  const tool = (name: string) => ({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.call.arguments': { colour: 'red', maxPrice: 100 },
    'gen_ai.tool.call.result': failing ? 'no answer' : { shoes: [{ name: 'Runner', price: 89 }] },
  })
  return [
    {
      key: 'root',
      name: `invoke_agent ${agent}`,
      at: 0,
      tookMs: 6400,
      attributes: { 'gen_ai.operation.name': 'invoke_agent', ...about },
    },
    {
      key: 'first',
      parent: 'root',
      name: `chat ${model}`,
      at: 120,
      tookMs: 1850,
      attributes: call(900, 40, asked, { role: 'assistant', parts: [wanted], finish_reason: 'tool_call' }),
    },
    {
      key: 'search',
      parent: 'root',
      name: 'execute_tool search',
      at: 2010,
      tookMs: 740,
      attributes: tool('search'),
      ...(failing && {
        failed: 'The shop did not answer within 700 ms',
        events: [
          {
            name: 'exception',
            at: 2740,
            attributes: {
              'exception.type': 'TimeoutError',
              'exception.message': 'The shop did not answer within 700 ms',
              'exception.stacktrace':
                'TimeoutError: The shop did not answer\n    at search (shop.ts:12)\n    at run (agent.ts:40)',
            },
          },
        ],
      }),
    },
    {
      key: 'http',
      parent: 'search',
      name: 'GET /shoes',
      at: 2030,
      tookMs: 690,
      ...(failing && { failed: '504' }),
    },
    {
      key: 'second',
      parent: 'root',
      name: `chat ${model}`,
      at: 2800,
      tookMs: 3400,
      attributes: call(
        1400,
        120,
        [...asked, { role: 'assistant', parts: [wanted] }, { role: 'tool', parts: [found] }],
        {
          ...text('assistant', 'There is one:\n\n| Shoe | Price |\n|---|---:|\n| Runner | 89 € |'),
          finish_reason: 'stop',
        },
      ),
    },
  ]
}
