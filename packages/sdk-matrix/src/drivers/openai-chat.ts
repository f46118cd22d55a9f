import OpenAI from 'openai'
import { capitalSchema, statusIn, weatherTool, type Answer, type Driver, type Settings } from '../driver.ts'

type Messages = OpenAI.Chat.ChatCompletionMessageParam[]

export const openaiChat: Driver = {
  name: 'openai (chat)',
  statusOf: statusIn,
  open: ({ url, key }, settings) => {
    const client = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 })
    const messages: Messages = []
    let last: OpenAI.Chat.ChatCompletionMessage | undefined
    const ask = async (): Promise<Answer> => {
      const { completion, pieces } = await complete(client, messages, settings)
      const message = completion.choices[0]?.message
      if (!message) throw new Error('the completion has no choice')
      last = message
      messages.push(message)
      return answerOf(completion, message, pieces)
    }
    return {
      say: (text, picture) => {
        const image = { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${picture}` } }
        messages.push({ role: 'user', content: picture ? [{ type: 'text', text }, image] : text })
        return ask()
      },
      answerTools: (outputs) => {
        const calls = last?.tool_calls ?? []
        outputs.forEach((content, index) =>
          messages.push({ role: 'tool', tool_call_id: calls[index]?.id ?? '', content }),
        )
        return ask()
      },
    }
  },
}

async function complete(client: OpenAI, messages: Messages, settings: Settings) {
  const body = {
    model: settings.model,
    messages,
    ...(settings.tools
      ? {
          tools: [
            {
              type: 'function' as const,
              function: {
                name: weatherTool.name,
                description: weatherTool.description,
                parameters: weatherTool.schema,
              },
            },
          ],
        }
      : {}),
    ...(settings.json
      ? {
          response_format: {
            type: 'json_schema' as const,
            json_schema: { name: 'capital', schema: capitalSchema, strict: true },
          },
        }
      : {}),
    ...(settings.thinking ? { reasoning_effort: 'medium' as const } : {}),
  }
  const options = { signal: settings.signal }
  if (!settings.stream) {
    return { completion: await client.chat.completions.create(body, options), pieces: 0 }
  }
  const stream = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } }, options)
  let pieces = 0
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) pieces += 1
  return { completion: await stream.finalChatCompletion(), pieces }
}

function answerOf(
  completion: OpenAI.Chat.ChatCompletion,
  message: OpenAI.Chat.ChatCompletionMessage,
  pieces: number,
): Answer {
  const thoughts: unknown = Reflect.get(message, 'reasoning_content')
  return {
    text: message.content ?? '',
    thoughts: typeof thoughts === 'string' ? thoughts : '',
    toolCalls: (message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function'
        ? [{ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments) as unknown }]
        : [],
    ),
    inputTokens: completion.usage?.prompt_tokens ?? 0,
    outputTokens: completion.usage?.completion_tokens ?? 0,
    pieces,
  }
}
