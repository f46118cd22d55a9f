import type { Answer, Step, Usage, WholeAnswer } from '../../answer.ts'
import type { Json } from '../../json.ts'
import { sign } from '../../signature.ts'
import { sseEvent, type FrameWriter } from '../dialect.ts'
import { anthropicError } from './errors.ts'

const stopReasons: Record<string, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  pause: 'pause_turn',
}

const ping = 'event: ping\ndata: {"type":"ping"}\n\n'

/**
 * Streams an Anthropic message: `message_start`, blocks with their deltas, `message_delta`, `message_stop`.
 * Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
export function createMessagesWriter(answer: Answer): FrameWriter {
  const blocks = createBlockWriter()
  return {
    open: () => sseEvent('message_start', { type: 'message_start', message: emptyMessage(answer) }) + ping,
    step: (step) => blocks.step(step),
    close: () => blocks.end() + closing(answer),
    ping: () => ping,
    fail: (refusal) => sseEvent('error', anthropicError(refusal)),
  }
}

/** An Anthropic message as one JSON body. Source: https://docs.anthropic.com/en/api/messages */
export function messagesReply(answer: Answer, whole: WholeAnswer): Json {
  const content: Json[] = []
  if (whole.reasoning !== '') {
    content.push({ type: 'thinking', thinking: whole.reasoning, signature: sign(whole.reasoning) })
  }
  if (whole.text !== '') content.push({ type: 'text', text: whole.text })
  for (const call of whole.calls) {
    content.push({ type: 'tool_use', id: `toolu_${call.id}`, name: call.name, input: call.args })
  }
  const usage = answer.usage
  const reported =
    usage === undefined
      ? {}
      : { usage: { ...inputUsage(usage), output_tokens: usage.text + usage.reasoning } }
  return { ...shell(answer), content, stop_reason: stopReason(answer), stop_sequence: null, ...reported }
}

interface BlockWriter {
  step(step: Step): string
  end(): string
}

/** Opens and closes content blocks as the kind of token changes; thinking ends with its signature. */
function createBlockWriter(): BlockWriter {
  let index = -1
  let open: Step['kind'] | undefined
  let thinking = ''
  const end = (): string => {
    if (open === undefined) return ''
    const signature =
      open === 'reasoning' ? delta(index, { type: 'signature_delta', signature: sign(thinking) }) : ''
    open = undefined
    return signature + sseEvent('content_block_stop', { type: 'content_block_stop', index })
  }
  return {
    end,
    step: (step) => {
      let frames = ''
      if (step.kind !== open || (step.kind === 'tool' && step.first)) {
        frames = end()
        index += 1
        open = step.kind
        frames += sseEvent('content_block_start', {
          type: 'content_block_start',
          index,
          content_block: blockStart(step),
        })
      }
      if (step.kind === 'reasoning') thinking += step.text
      return frames + stepDelta(index, step)
    },
  }
}

function blockStart(step: Step): Json {
  if (step.kind === 'text') return { type: 'text', text: '' }
  if (step.kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' }
  return { type: 'tool_use', id: `toolu_${step.call.id}`, name: step.call.name, input: {} }
}

/** Text deltas are put together by hand: they are nearly all of the traffic. */
function stepDelta(index: number, step: Step): string {
  if (step.kind === 'text') {
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"text_delta","text":${JSON.stringify(step.text)}}}\n\n`
  }
  if (step.kind === 'reasoning') return delta(index, { type: 'thinking_delta', thinking: step.text })
  return delta(index, { type: 'input_json_delta', partial_json: step.text === '{}' ? '' : step.text })
}

function delta(index: number, content: Json): string {
  return sseEvent('content_block_delta', { type: 'content_block_delta', index, delta: content })
}

function closing(answer: Answer): string {
  const usage = answer.usage
  const reported = usage === undefined ? {} : { usage: { output_tokens: usage.text + usage.reasoning } }
  const ended = { stop_reason: stopReason(answer), stop_sequence: null }
  return (
    sseEvent('message_delta', { type: 'message_delta', delta: ended, ...reported }) +
    sseEvent('message_stop', { type: 'message_stop' })
  )
}

function emptyMessage(answer: Answer): Json {
  const reported =
    answer.usage === undefined ? {} : { usage: { ...inputUsage(answer.usage), output_tokens: 1 } }
  return { ...shell(answer), content: [], stop_reason: null, stop_sequence: null, ...reported }
}

function shell(answer: Answer): Json {
  return { id: `msg_${answer.id}`, type: 'message', role: 'assistant', model: answer.received.model }
}

/** Anthropic's `input_tokens` excludes what was read from or written to the cache. */
function inputUsage(usage: Usage): Json {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5m,
      ephemeral_1h_input_tokens: usage.cacheWrite1h,
    },
    service_tier: 'standard',
  }
}

function stopReason(answer: Answer): string {
  return stopReasons[answer.stop] ?? answer.stop
}
