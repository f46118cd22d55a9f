import type { Answer, Step, ToolCall } from '../../answer.ts'
import type { Json } from '../../json.ts'
import { sseEvent, type FrameWriter } from '../dialect.ts'
import { openaiError } from '../openai-errors.ts'
import {
  callItem,
  callItemId,
  finalStatus,
  messageItem,
  messageItemId,
  reasoningItem,
  reasoningItemId,
  responseObject,
  textPart,
} from './reply.ts'

/** One output item while it is written. */
interface OpenItem {
  readonly kind: Step['kind']
  readonly call: ToolCall | undefined
  readonly index: number
  text: string
}

type Emit = (type: string, data: Json) => string

/**
 * Streams the semantic events of a response, each with its `sequence_number`; there is no `[DONE]`.
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function createResponsesWriter(answer: Answer): FrameWriter {
  let sequence = 0
  const output: Json[] = []
  let open: OpenItem | undefined
  const emit: Emit = (type, data) => sseEvent(type, { type, sequence_number: sequence++, ...data })
  const state = (status: 'in_progress' | 'completed' | 'incomplete' | 'failed'): Json =>
    responseObject(answer, status, output)
  const finishItem = (): string => {
    if (open === undefined) return ''
    const frames = closeItem(answer, open, emit)
    output.push(itemOf(answer, open, 'completed'))
    open = undefined
    return frames
  }
  return {
    open: () =>
      emit('response.created', { response: state('in_progress') }) +
      emit('response.in_progress', { response: state('in_progress') }),
    step: (step) => {
      let frames = ''
      if (open?.kind !== step.kind || (step.kind === 'tool' && step.first)) {
        frames = finishItem()
        const call = step.kind === 'tool' ? step.call : undefined
        open = { kind: step.kind, call, index: output.length, text: '' }
        frames += openItem(answer, open, emit)
      }
      open.text += step.text
      return frames + delta(answer, open, step.text, emit)
    },
    close: () =>
      finishItem() + emit(`response.${finalStatus(answer)}`, { response: state(finalStatus(answer)) }),
    ping: () => ': ping\n\n',
    fail: (refusal) => {
      const { code, message, param } = openaiError(refusal)
      const error = { code: code ?? 'server_error', message }
      return (
        emit('error', { ...error, param }) +
        emit('response.failed', { response: { ...state('failed'), error } })
      )
    },
  }
}

function openItem(answer: Answer, item: OpenItem, emit: Emit): string {
  const place = { output_index: item.index }
  const added = emit('response.output_item.added', { ...place, item: itemOf(answer, item, 'in_progress') })
  if (item.kind === 'tool') return added
  if (item.kind === 'text') {
    const where = { item_id: messageItemId(answer), ...place, content_index: 0 }
    return added + emit('response.content_part.added', { ...where, part: textPart('') })
  }
  const where = { item_id: reasoningItemId(answer), ...place, summary_index: 0 }
  const part = { type: 'summary_text', text: '' }
  return added + emit('response.reasoning_summary_part.added', { ...where, part })
}

function delta(answer: Answer, item: OpenItem, text: string, emit: Emit): string {
  const where = { item_id: itemIdOf(answer, item), output_index: item.index }
  if (item.kind === 'tool') return emit('response.function_call_arguments.delta', { ...where, delta: text })
  if (item.kind === 'text') {
    return emit('response.output_text.delta', { ...where, content_index: 0, delta: text, logprobs: [] })
  }
  return emit('response.reasoning_summary_text.delta', { ...where, summary_index: 0, delta: text })
}

function closeItem(answer: Answer, item: OpenItem, emit: Emit): string {
  const item_id = itemIdOf(answer, item)
  const where = { item_id, output_index: item.index }
  const done = { output_index: item.index, item: itemOf(answer, item, 'completed') }
  return closingParts(item, where, emit) + emit('response.output_item.done', done)
}

function closingParts({ kind, text }: OpenItem, where: Json, emit: Emit): string {
  if (kind === 'tool') return emit('response.function_call_arguments.done', { ...where, arguments: text })
  if (kind === 'text') {
    const place = { ...where, content_index: 0 }
    return (
      emit('response.output_text.done', { ...place, text, logprobs: [] }) +
      emit('response.content_part.done', { ...place, part: textPart(text) })
    )
  }
  const place = { ...where, summary_index: 0 }
  return (
    emit('response.reasoning_summary_text.done', { ...place, text }) +
    emit('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } })
  )
}

function itemIdOf(answer: Answer, item: OpenItem): string {
  if (item.call !== undefined) return callItemId(answer, item.call)
  return item.kind === 'text' ? messageItemId(answer) : reasoningItemId(answer)
}

function itemOf(answer: Answer, item: OpenItem, status: 'in_progress' | 'completed'): Json {
  if (item.call !== undefined) return callItem(answer, item.call, item.text, status)
  return item.kind === 'text' ? messageItem(answer, item.text, status) : reasoningItem(answer, item.text)
}
