import type { Answer, Step, ToolCall, Usage, WholeAnswer } from '../../answer.ts'
import type { Json } from '../../json.ts'
import { sseData, type FrameWriter } from '../dialect.ts'
import { openaiError } from '../openai-errors.ts'

const finishReasons: Record<string, string> = {
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
}

/**
 * Streams `chat.completion.chunk` objects and `[DONE]`; usage comes in a last chunk without choices, if asked for.
 * Reasoning goes into `reasoning_content`, the field that OpenAI-compatible servers agree on (OpenAI shows none).
 * Source: https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function createChatWriter(answer: Answer): FrameWriter {
  const { wantsUsage } = answer.received
  const shell = common(answer, 'chat.completion.chunk')
  const head = JSON.stringify(shell).slice(0, -1)
  const tail = `,"logprobs":null,"finish_reason":null}]${wantsUsage ? ',"usage":null' : ''}}\n\n`
  const delta = (content: string): string => `data: ${head},"choices":[{"index":0,"delta":${content}${tail}`
  return {
    open: () => delta('{"role":"assistant","content":"","refusal":null}'),
    step: (step) => delta(deltaOf(step)),
    close: () => {
      const last = { index: 0, delta: {}, logprobs: null, finish_reason: finishReason(answer) }
      const noUsage = wantsUsage ? { usage: null } : {}
      const ended = sseData({ ...shell, choices: [last], ...noUsage })
      const reported = wantsUsage && answer.usage !== undefined
      const usage = reported ? sseData({ ...shell, choices: [], usage: chatUsage(answer.usage) }) : ''
      return `${ended}${usage}data: [DONE]\n\n`
    },
    ping: () => ': ping\n\n',
    fail: (refusal) => sseData({ error: openaiError(refusal) }),
  }
}

/** A `chat.completion` object. Source: https://platform.openai.com/docs/api-reference/chat/object */
export function chatReply(answer: Answer, whole: WholeAnswer): Json {
  const message = {
    role: 'assistant',
    content: whole.text === '' && whole.calls.length > 0 ? null : whole.text,
    refusal: null,
    annotations: [],
    ...(whole.reasoning === '' ? {} : { reasoning_content: whole.reasoning }),
    ...(whole.calls.length === 0 ? {} : { tool_calls: whole.calls.map(wholeCall) }),
  }
  return {
    ...common(answer, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(answer) }],
    ...(answer.usage === undefined ? {} : { usage: chatUsage(answer.usage) }),
  }
}

/** OpenAI's prompt count includes cached tokens, its completion count includes reasoning. */
function chatUsage(usage: Usage): Json {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h
  const completion = usage.text + usage.reasoning
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: usage.cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function deltaOf(step: Step): string {
  if (step.kind === 'text') return `{"content":${JSON.stringify(step.text)}}`
  if (step.kind === 'reasoning') return `{"reasoning_content":${JSON.stringify(step.text)}}`
  const named = { ...callHead(step.call), function: { name: step.call.name, arguments: step.text } }
  const call = step.first ? named : { index: step.call.index, function: { arguments: step.text } }
  return JSON.stringify({ tool_calls: [call] })
}

function callHead(call: ToolCall): Json {
  return { index: call.index, id: `call_${call.id}`, type: 'function' }
}

function wholeCall(call: ToolCall): Json {
  const args = JSON.stringify(call.args)
  return { id: `call_${call.id}`, type: 'function', function: { name: call.name, arguments: args } }
}

function finishReason(answer: Answer): string {
  return finishReasons[answer.stop] ?? answer.stop
}

function common(answer: Answer, object: string): Json {
  return {
    id: `chatcmpl-${answer.id}`,
    object,
    created: Math.floor(answer.createdAtMs / 1000),
    model: answer.received.model,
    service_tier: answer.received.serviceTier ?? 'default',
    system_fingerprint: 'fp_fake',
  }
}
