import type { Answer, Step, ToolCall, Usage, WholeAnswer } from '../../answer.ts'
import type { Json } from '../../json.ts'
import { sign } from '../../signature.ts'
import { sseData, type FrameWriter } from '../dialect.ts'
import { signCall } from './contents.ts'
import { geminiError } from './errors.ts'

/** Gemini says STOP also when it calls functions. */
const finishReasons: Record<string, string> = {
  stop: 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'PROHIBITED_CONTENT',
  pause: 'STOP',
}

/**
 * Streams `GenerateContentResponse` objects as server-sent events; calls come whole, and the chunk with a
 * `finishReason` is the last. Source: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
 */
export function createGeminiWriter(answer: Answer): FrameWriter {
  let thoughts = ''
  const tail = JSON.stringify(common(answer, promptUsage(answer.usage))).slice(1)
  const chunk = (part: Json): string =>
    `data: {"candidates":[{"content":{"parts":[${JSON.stringify(part)}],"role":"model"},"index":0}],${tail}\n\n`
  return {
    open: () => '',
    step: (step) => {
      if (step.kind === 'reasoning') thoughts += step.text
      const part = partOf(step)
      return part === undefined ? '' : chunk(part)
    },
    close: () => {
      const part = thoughts === '' ? { text: '' } : { text: '', thoughtSignature: sign(thoughts) }
      return sseData(response(answer, [part]))
    },
    ping: () => ': ping\n\n',
    fail: (refusal) => sseData(geminiError(refusal)),
  }
}

/**
 * Streams the same objects as one JSON array, which is what the API does without `alt=sse`.
 */
export function createGeminiArrayWriter(answer: Answer): FrameWriter {
  const events = createGeminiWriter(answer)
  let started = false
  const element = (frame: string): string => {
    if (!frame.startsWith('data: ')) return ''
    const before = started ? ',\n' : '['
    started = true
    return before + frame.slice('data: '.length).trimEnd()
  }
  return {
    open: () => element(events.open()),
    step: (step) => element(events.step(step)),
    close: () => `${element(events.close())}\n]`,
    ping: () => '\n',
    fail: (refusal) => `${element(events.fail(refusal))}\n]`,
  }
}

/** The whole response of a call that is not streamed. */
export function geminiReply(answer: Answer, whole: WholeAnswer): Json {
  const parts: Json[] = []
  if (whole.reasoning !== '') parts.push({ text: whole.reasoning, thought: true })
  if (whole.text !== '') {
    const signed = whole.reasoning === '' ? {} : { thoughtSignature: sign(whole.reasoning) }
    parts.push({ text: whole.text, ...signed })
  }
  return response(answer, [...parts, ...whole.calls.map(callPart)])
}

function partOf(step: Step): Json | undefined {
  if (step.kind === 'text') return { text: step.text }
  if (step.kind === 'reasoning') return { text: step.text, thought: true }
  return step.last ? callPart(step.call) : undefined
}

/** Only the first of parallel calls is signed. */
function callPart(call: ToolCall): Json {
  const signed = call.index === 0 ? { thoughtSignature: signCall(call.name, call.args) } : {}
  return { functionCall: { name: call.name, args: call.args }, ...signed }
}

function response(answer: Answer, parts: readonly Json[]): Json {
  const finishReason = finishReasons[answer.stop] ?? answer.stop
  const candidate = { content: { parts, role: 'model' }, finishReason, index: 0 }
  return { candidates: [candidate], ...common(answer, wholeUsage(answer.usage)) }
}

function common(answer: Answer, usage: Json | undefined): Json {
  return {
    ...(usage === undefined ? {} : { usageMetadata: usage }),
    modelVersion: answer.received.model,
    responseId: answer.id,
  }
}

function promptUsage(usage: Usage | undefined): Json | undefined {
  if (usage === undefined) return undefined
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h
  return {
    promptTokenCount: prompt,
    totalTokenCount: prompt,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
  }
}

/** Gemini's prompt count includes cached tokens, but its candidates count leaves thoughts out. */
function wholeUsage(usage: Usage | undefined): Json | undefined {
  if (usage === undefined) return undefined
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: usage.text,
    totalTokenCount: prompt + usage.text + usage.reasoning,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    ...(usage.cacheRead === 0 ? {} : { cachedContentTokenCount: usage.cacheRead }),
    ...(usage.reasoning === 0 ? {} : { thoughtsTokenCount: usage.reasoning }),
  }
}
