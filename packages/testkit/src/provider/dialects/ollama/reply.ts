import type { Answer, Step, ToolCall, WholeAnswer } from '../../answer.ts'
import type { Json } from '../../json.ts'
import type { FrameWriter } from '../dialect.ts'

/**
 * Streams one JSON object per line; calls come whole, and the line with `"done":true` is the last.
 * Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
 */
export function createOllamaWriter(answer: Answer): FrameWriter {
  const head = JSON.stringify(common(answer)).slice(0, -1)
  const line = (message: string): string => `${head},"message":${message},"done":false}\n`
  return {
    open: () => '',
    step: (step) => {
      const message = messageOf(step)
      return message === undefined ? '' : line(JSON.stringify(message))
    },
    close: () => `${JSON.stringify(last(answer, { role: 'assistant', content: '' }))}\n`,
    ping: () => '\n',
    fail: (refusal) => `${JSON.stringify({ error: refusal.message })}\n`,
  }
}

/** The whole answer of a call that is not streamed. */
export function ollamaReply(answer: Answer, whole: WholeAnswer): Json {
  return last(answer, {
    role: 'assistant',
    content: whole.text,
    ...(whole.reasoning === '' ? {} : { thinking: whole.reasoning }),
    ...(whole.calls.length === 0 ? {} : { tool_calls: whole.calls.map(callOf) }),
  })
}

function messageOf(step: Step): Json | undefined {
  if (step.kind === 'text') return { role: 'assistant', content: step.text }
  if (step.kind === 'reasoning') return { role: 'assistant', content: '', thinking: step.text }
  return step.last ? { role: 'assistant', content: '', tool_calls: [callOf(step.call)] } : undefined
}

function callOf(call: ToolCall): Json {
  return { function: { index: call.index, name: call.name, arguments: call.args } }
}

/** Durations are nanoseconds; counts are left out when usage is to be missing. */
function last(answer: Answer, message: Json): Json {
  const { usage } = answer
  const counts =
    usage === undefined
      ? {}
      : {
          total_duration: 5_000_000,
          load_duration: 1_000_000,
          prompt_eval_count: usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h,
          prompt_eval_duration: 1_000_000,
          eval_count: usage.text + usage.reasoning,
          eval_duration: 3_000_000,
        }
  const reason = answer.stop === 'tool-calls' ? 'stop' : answer.stop
  return { ...common(answer), message, done: true, done_reason: reason, ...counts }
}

function common(answer: Answer): Json {
  return { model: answer.received.model, created_at: new Date(answer.createdAtMs).toISOString() }
}
