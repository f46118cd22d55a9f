import type { ContentPart } from '@atrium/contract'

export interface ToolPart {
  readonly type: 'tool'
  readonly callId: string
  readonly name: string
  /** The arguments as text: growing while they stream, JSON when they are complete. */
  readonly input: string
  readonly output: string | null
  readonly state: 'pending' | 'running' | 'done' | 'error'
}

export interface Citation {
  readonly index: number
  readonly title: string
  readonly url: string | null
  readonly snippet: string
}

export type FilePart = Extract<ContentPart, { type: 'file' }>

/** What an answer shows, in order; the same for one that streams and one that is stored. */
export type AnswerPart =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'reasoning'
      readonly text: string
      /** Null while it lasts, or when nobody measured it. */
      readonly durationMs: number | null
    }
  | ToolPart
  | FilePart

export interface Answer {
  readonly parts: readonly AnswerPart[]
  readonly citations: readonly Citation[]
}

/** The parts of a stored message: calls and their results become one card. */
export function answerOf(content: readonly ContentPart[]): Answer {
  const parts: AnswerPart[] = []
  const citations: Citation[] = []
  const tools = new Map<string, number>()
  for (const part of content) {
    switch (part.type) {
      case 'text':
      case 'reasoning':
      case 'file':
        parts.push(part)
        break
      case 'tool_call':
        tools.set(part.callId, parts.length)
        parts.push(startedTool(part.callId, part.name, inputText(part.input), 'running'))
        break
      case 'tool_result': {
        const at = tools.get(part.callId)
        const call = at === undefined ? undefined : parts[at]
        const started = call?.type === 'tool' ? call : startedTool(part.callId, part.name, '', 'running')
        parts[at ?? parts.length] = finishedTool(started, part)
        break
      }
      case 'citation':
        citations.push(part)
        break
    }
  }
  return { parts, citations }
}

export const startedTool = (
  callId: string,
  name: string,
  input: string,
  state: ToolPart['state'],
): ToolPart => ({ type: 'tool', callId, name, input, output: null, state })

export const finishedTool = (call: ToolPart, result: { output: string; isError: boolean }): ToolPart => ({
  ...call,
  output: result.output,
  state: result.isError ? 'error' : 'done',
})

export const inputText = (input: unknown): string =>
  input === undefined ? '' : (JSON.stringify(input, null, 2) ?? '')

/** The text of a message as it is copied or quoted. */
export const plainText = (content: readonly ContentPart[]): string =>
  content
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n\n')
    .trim()
