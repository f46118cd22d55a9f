/** One answer as it arrives, token by token; the fake provider's tokens each end in a blank. */
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import type { Api } from './api.ts'
import type { Frame } from './frames.ts'
import { readFrames } from './api.ts'
import { deltaText, isTerminal, turnCall, type TurnOrder } from './turn.ts'

export interface TokenStream {
  /** The last user message, by which the fake provider knows the call. */
  readonly marker: string
  /** Milliseconds from sending the request to the first token. */
  readonly firstTokenMs: number
  /** When each token had arrived in full, in epoch milliseconds. */
  readonly arrivedAt: readonly number[]
  readonly text: string
  /** The event that came last, with the code of its error; `complete` when the answer ended as it should. */
  readonly end: string
}

/** Sends a turn through Atrium and reads its stream. */
export async function throughAtrium(api: Api, order: TurnOrder): Promise<TokenStream> {
  const reading = startReading(order.text)
  let last = 'nothing'
  const { status, text } = await api.stream(turnCall(api, order), ({ event, data }) => {
    if (event === 'text_delta') reading.take(deltaText(event, data))
    last = isTerminal(event) ? endOf(event, data) : event
  })
  if (status !== 200) throw new Error(`a turn answered ${status}: ${text}`)
  return reading.end(last)
}

const failure = z.object({ error: z.object({ code: z.string() }) })

function endOf(event: string, data: string): string {
  if (event === 'turn_completed') return 'complete'
  return `${event} ${failure.safeParse(JSON.parse(data)).data?.error.code ?? ''}`
}

const chunk = z.object({ choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }) })) })

/** Asks the provider itself, as Atrium asks it. */
export async function direct(agent: Dispatcher, providerUrl: string, marker: string): Promise<TokenStream> {
  const reading = startReading(marker)
  let done = false
  const { body } = await agent.request({
    origin: providerUrl,
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { authorization: 'Bearer sk-bench', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake-1', stream: true, messages: [{ role: 'user', content: marker }] }),
  })
  await readFrames(body, ({ data }: Frame) => {
    if (data === '[DONE]') done = true
    else reading.take(chunk.parse(JSON.parse(data)).choices[0]?.delta.content ?? '')
  })
  return reading.end(done ? 'complete' : 'cut off')
}

function startReading(marker: string) {
  const sentAt = performance.now()
  const arrivedAt: number[] = []
  const texts: string[] = []
  let firstTokenMs = Number.NaN
  return {
    take: (text: string): void => {
      if (text === '') return
      if (texts.length === 0) firstTokenMs = performance.now() - sentAt
      texts.push(text)
      const now = Date.now()
      for (let at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) arrivedAt.push(now)
    },
    end: (end: string): TokenStream => ({
      marker,
      firstTokenMs,
      arrivedAt,
      text: texts.join(''),
      end,
    }),
  }
}
