import { Ollama, type ChatResponse, type Message } from 'ollama'
import { capitalSchema, statusIn, weatherTool, type Answer, type Driver, type Settings } from '../driver.ts'

export const ollama: Driver = {
  name: 'ollama',
  statusOf: statusIn,
  open: ({ url, key }, settings) => {
    const client = new Ollama({ host: url, headers: { authorization: `Bearer ${key}` } })
    const messages: Message[] = []
    let last: Message | undefined
    const ask = async (): Promise<Answer> => {
      const answer = await chat(client, messages, settings)
      last = answer.message
      messages.push(answer.message)
      return answerOf(answer)
    }
    return {
      say: (content, picture) => {
        messages.push({ role: 'user', content, ...(picture ? { images: [picture] } : {}) })
        return ask()
      },
      answerTools: (outputs) => {
        const calls = last?.tool_calls ?? []
        outputs.forEach((content, index) =>
          messages.push({ role: 'tool', content, tool_name: calls[index]?.function.name ?? '' }),
        )
        return ask()
      },
    }
  },
}

interface Chatted {
  readonly message: Message
  readonly end: Pick<ChatResponse, 'prompt_eval_count' | 'eval_count'>
  readonly pieces: number
}

async function chat(client: Ollama, messages: Message[], settings: Settings): Promise<Chatted> {
  const request = {
    model: settings.model,
    messages,
    ...(settings.tools
      ? {
          tools: [
            {
              type: 'function',
              function: {
                name: weatherTool.name,
                description: weatherTool.description,
                parameters: weatherTool.schema,
              },
            },
          ],
        }
      : {}),
    ...(settings.json ? { format: capitalSchema } : {}),
    ...(settings.thinking ? { think: true } : {}),
  }
  if (!settings.stream) {
    const reply = await client.chat(request)
    return { message: reply.message, end: reply, pieces: 0 }
  }
  const stream = await client.chat({ ...request, stream: true })
  settings.signal?.addEventListener('abort', () => stream.abort(), { once: true })
  const message: Message = { role: 'assistant', content: '' }
  let end: Chatted['end'] = { prompt_eval_count: 0, eval_count: 0 }
  let pieces = 0
  for await (const part of stream) {
    if (part.message.content) pieces += 1
    message.content += part.message.content
    if (part.message.thinking) message.thinking = (message.thinking ?? '') + part.message.thinking
    if (part.message.tool_calls)
      message.tool_calls = [...(message.tool_calls ?? []), ...part.message.tool_calls]
    if (part.done) end = part
  }
  return { message, end, pieces }
}

function answerOf({ message, end, pieces }: Chatted): Answer {
  return {
    text: message.content,
    thoughts: message.thinking ?? '',
    toolCalls: (message.tool_calls ?? []).map((call, index) => ({
      id: String(index),
      name: call.function.name,
      args: call.function.arguments,
    })),
    inputTokens: end.prompt_eval_count,
    outputTokens: end.eval_count,
    pieces,
  }
}
