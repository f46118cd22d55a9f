import { useEffect, useRef, useState } from 'react'
import { messageOf } from '../../api/error.ts'
import { useSession } from '../../api/session.tsx'
import { messagesOf, type PlaygroundRequest } from './request-code.ts'

export interface Completion {
  text: string
  problem: string | null
  busy: boolean
  /** What the gateway says about the reply. */
  facts: { requestId: string | null; fidelity: string | null } | null
  start: (request: PlaygroundRequest) => void
  stop: () => void
}

/** A call through the gateway with the session of the browser, as any OpenAI client would make it. */
export function useCompletion(): Completion {
  const workspaceId = useSession().workspace.id
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [facts, setFacts] = useState<Completion['facts']>(null)
  const [running, setRunning] = useState<AbortController | null>(null)
  const latest = useRef<AbortController | null>(null)
  useEffect(() => () => latest.current?.abort(), [])
  const run = async (request: PlaygroundRequest, { signal }: AbortController) => {
    const response = await fetch('/v1/chat/completions', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', 'X-Atrium-Workspace': workspaceId },
      body: JSON.stringify({ model: request.model, messages: messagesOf(request), stream: true }),
      signal,
    })
    if (!response.ok || !response.body) throw new Error(await problemOf(response))
    const { headers } = response
    setFacts({ requestId: headers.get('X-Request-Id'), fidelity: headers.get('X-Atrium-Fidelity') })
    for await (const piece of pieces(response.body)) setText((known) => known + piece)
  }
  return {
    text,
    problem,
    facts,
    busy: running !== null,
    stop: () => running?.abort(),
    start: (request) => {
      const controller = new AbortController()
      latest.current = controller
      setText('')
      setProblem(null)
      setFacts(null)
      setRunning(controller)
      run(request, controller)
        .catch((error: unknown) => {
          if (!controller.signal.aborted) setProblem(messageOf(error))
        })
        .finally(() => setRunning(null))
    },
  }
}

async function problemOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null)
  return errorIn(body) ?? `The gateway answered ${response.status} without saying why.`
}

function errorIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null
  const { error } = body
  if (typeof error !== 'object' || error === null || !('message' in error)) return null
  return typeof error.message === 'string' ? error.message : null
}

/** The texts of a streamed completion, in the order in which they arrive; throws what the stream says went wrong. */
export async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      const lines = (rest + (value ?? '')).split('\n')
      rest = done ? '' : (lines.pop() ?? '')
      for (const line of lines) {
        const piece = pieceOf(line)
        if (piece) yield piece
      }
      if (done) return
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function pieceOf(line: string): string {
  const data = line.startsWith('data:') ? line.slice(5).trim() : ''
  if (data === '' || data === '[DONE]') return ''
  const event = JSON.parse(data) as { choices?: { delta?: { content?: string | null } }[] }
  const failure = errorIn(event)
  if (failure !== null) throw new Error(failure)
  return event.choices?.[0]?.delta?.content ?? ''
}
