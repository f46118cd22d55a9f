/** A client of Atrium's API that costs little, so that a bench measures the server. */
import { randomUUIDv7 } from 'node:crypto'
import { Agent, type Dispatcher } from 'undici'
import { z } from 'zod'
import { apiKey, type Atrium } from './atrium.ts'
import { createFrameReader, type Frame } from './frames.ts'

/** The first start makes one workspace. */
const workspaces = z.object({ data: z.array(z.object({ id: z.string() })) })

export const mintId = (): string => randomUUIDv7()

export interface Answer {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly text: string
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Api extends AsyncDisposable {
  /** Path of the workspace of the benches. */
  readonly base: string
  readonly workspaceId: string
  send(call: Call): Promise<Answer>
  /** The JSON of an answer. @throws an error unless its status is 2xx */
  json(call: Call): Promise<unknown>
  /**
   * Reads server-sent events until the stream ends; rejects when it breaks. An answer that is no stream is given back.
   * `onOpen` is called when the headers are there.
   */
  stream(call: Call, onFrame: (frame: Frame) => void, onOpen?: () => void): Promise<Answer>
}

/** Opens a client of a server that runs; it follows the server to new addresses after restarts. */
export async function openApi(atrium: Atrium): Promise<Api> {
  const agent = new Agent({ connections: 4096, pipelining: 1, bodyTimeout: 60_000, headersTimeout: 60_000 })
  const request = ({ method = 'GET', path, body, headers = {} }: Call, accept: string) =>
    agent.request({
      origin: atrium.url,
      path,
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  const send = async (call: Call): Promise<Answer> => {
    const { statusCode, headers, body } = await request(call, 'application/json')
    return { status: statusCode, headers, text: await body.text() }
  }
  const json = async (call: Call): Promise<unknown> => {
    const { status, text } = await send(call)
    if (status >= 300)
      throw new Error(`${call.method ?? 'GET'} ${call.path} answered ${status}: ${text.slice(0, 500)}`)
    return JSON.parse(text)
  }
  const stream: Api['stream'] = async (call, onFrame, onOpen) => {
    const { statusCode, headers, body } = await request(call, 'text/event-stream')
    if (!String(headers['content-type']).startsWith('text/event-stream')) {
      return { status: statusCode, headers, text: await body.text() }
    }
    onOpen?.()
    await readFrames(body, onFrame)
    return { status: statusCode, headers, text: '' }
  }

  const [workspace] = workspaces.parse(await json({ path: '/api/v1/workspaces' })).data
  const workspaceId = workspace?.id ?? ''
  return {
    base: `/api/v1/workspaces/${workspaceId}`,
    workspaceId,
    send,
    json,
    stream,
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

/** Cheaper per chunk than iterating. */
export function readFrames(
  body: Dispatcher.ResponseData['body'],
  onFrame: (frame: Frame) => void,
): Promise<void> {
  const push = createFrameReader(onFrame)
  return new Promise((resolve, reject) => {
    body.setEncoding('utf8')
    body.on('data', push)
    body.once('end', resolve)
    body.once('error', reject)
    body.once('close', () => reject(new Error('the stream was cut off')))
  })
}
