import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import {
  generateText,
  jsonSchema,
  Output,
  streamText,
  tool,
  type LanguageModel,
  type ModelMessage,
  type ToolSet,
} from 'ai'
import {
  capitalSchema,
  statusIn,
  weatherTool,
  type Answer,
  type Driver,
  type Place,
  type Settings,
  type ToolCall,
} from '../driver.ts'

const models: Record<string, (place: Place, model: string) => LanguageModel> = {
  'ai + @ai-sdk/openai (chat)': ({ url, key }, model) =>
    createOpenAI({ apiKey: key, baseURL: `${url}/v1` }).chat(model),
  'ai + @ai-sdk/openai (responses)': ({ url, key }, model) =>
    createOpenAI({ apiKey: key, baseURL: `${url}/v1` }).responses(model),
  'ai + @ai-sdk/anthropic': ({ url, key }, model) =>
    createAnthropic({ apiKey: key, baseURL: `${url}/v1` })(model),
  'ai + @ai-sdk/google': ({ url, key }, model) =>
    createGoogleGenerativeAI({ apiKey: key, baseURL: `${url}/v1beta` })(model),
}

/** Vercel's AI SDK with each of its providers. */
export const vercel: readonly Driver[] = Object.entries(models).map(([name, modelOf]) => ({
  name,
  statusOf: (error) => statusIn(error) ?? statusIn(error instanceof Error ? error.cause : undefined),
  open: (place, settings) => {
    const messages: ModelMessage[] = []
    let calls: readonly ToolCall[] = []
    const ask = async (): Promise<Answer> => {
      const { answer, response } = await run(modelOf(place, settings.model), messages, settings)
      calls = answer.toolCalls
      messages.push(...response)
      return answer
    }
    return {
      say: (text, picture) => {
        const image = { type: 'image' as const, image: picture ?? '', mediaType: 'image/png' }
        messages.push({ role: 'user', content: picture ? [image, { type: 'text', text }] : text })
        return ask()
      },
      answerTools: (outputs) => {
        messages.push({
          role: 'tool',
          content: outputs.map((value, index) => ({
            type: 'tool-result',
            toolCallId: calls[index]?.id ?? '',
            toolName: calls[index]?.name ?? '',
            output: { type: 'text', value },
          })),
        })
        return ask()
      },
    }
  },
}))

const tools: ToolSet = {
  [weatherTool.name]: tool({
    description: weatherTool.description,
    inputSchema: jsonSchema<{ city: string }>(weatherTool.schema),
  }),
}

const thinking = {
  openai: { reasoningEffort: 'medium', reasoningSummary: 'auto', store: false, forceReasoning: true },
  anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } },
  google: { thinkingConfig: { includeThoughts: true } },
}

async function run(model: LanguageModel, messages: ModelMessage[], settings: Settings) {
  const request = {
    model,
    messages,
    maxRetries: 0,
    ...(settings.signal ? { abortSignal: settings.signal } : {}),
    ...(settings.tools ? { tools } : {}),
    ...(settings.json ? { output: Output.object({ schema: jsonSchema(capitalSchema) }) } : {}),
    ...(settings.thinking
      ? { providerOptions: thinking }
      : { providerOptions: { openai: { store: false } } }),
  }
  if (!settings.stream) {
    const result = await generateText(request)
    const { text, reasoningText, toolCalls, usage, response } = result
    return {
      answer: answerOf(text, reasoningText, toolCalls, usage, 0),
      response: response.messages,
    }
  }
  let failure: unknown
  const result = streamText({ ...request, onError: ({ error }) => void (failure = error) })
  let pieces = 0
  for await (const piece of result.textStream) if (piece) pieces += 1
  if (failure) throw failure as Error
  settings.signal?.throwIfAborted()
  const [text, reasoningText, toolCalls, usage, response] = await Promise.all([
    result.text,
    result.reasoningText,
    result.toolCalls,
    result.usage,
    result.response,
  ])
  return { answer: answerOf(text, reasoningText, toolCalls, usage, pieces), response: response.messages }
}

function answerOf(
  text: string,
  thoughts: string | undefined,
  toolCalls: readonly { toolCallId: string; toolName: string; input: unknown }[],
  usage: { inputTokens: number | undefined; outputTokens: number | undefined },
  pieces: number,
): Answer {
  return {
    text,
    thoughts: thoughts ?? '',
    toolCalls: toolCalls.map(({ toolCallId, toolName, input }) => ({
      id: toolCallId,
      name: toolName,
      args: input,
    })),
    inputTokens: usage.inputTokens ?? 0,
    outputTokens: usage.outputTokens ?? 0,
    pieces,
  }
}
