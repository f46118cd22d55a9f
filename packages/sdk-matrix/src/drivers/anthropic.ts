import Anthropic from '@anthropic-ai/sdk'
import { capitalSchema, statusIn, weatherTool, type Answer, type Driver, type Settings } from '../driver.ts'

export const anthropic: Driver = {
  name: '@anthropic-ai/sdk',
  statusOf: statusIn,
  open: ({ url, key }, settings) => {
    const client = new Anthropic({ apiKey: key, baseURL: url, maxRetries: 0 })
    const messages: Anthropic.MessageParam[] = []
    let last: Anthropic.Message | undefined
    const ask = async (): Promise<Answer> => {
      const { message, pieces } = await create(client, messages, settings)
      last = message
      messages.push({ role: 'assistant', content: message.content })
      return answerOf(message, pieces)
    }
    return {
      say: (text, picture) => {
        const source = { type: 'base64' as const, media_type: 'image/png' as const, data: picture ?? '' }
        messages.push({
          role: 'user',
          content: picture
            ? [
                { type: 'image', source },
                { type: 'text', text },
              ]
            : text,
        })
        return ask()
      },
      answerTools: (outputs) => {
        const calls = (last?.content ?? []).filter((block) => block.type === 'tool_use')
        messages.push({
          role: 'user',
          content: outputs.map((content, index) => ({
            type: 'tool_result',
            tool_use_id: calls[index]?.id ?? '',
            content,
          })),
        })
        return ask()
      },
    }
  },
}

async function create(client: Anthropic, messages: Anthropic.MessageParam[], settings: Settings) {
  const body = {
    model: settings.model,
    max_tokens: 4000,
    messages,
    ...(settings.tools
      ? {
          tools: [
            {
              name: weatherTool.name,
              description: weatherTool.description,
              input_schema: weatherTool.schema,
            },
          ],
        }
      : {}),
    ...(settings.json
      ? { output_config: { format: { type: 'json_schema' as const, schema: capitalSchema } } }
      : {}),
    ...(settings.thinking ? { thinking: { type: 'enabled' as const, budget_tokens: 2000 } } : {}),
  }
  const options = { signal: settings.signal ?? null }
  if (!settings.stream) return { message: await client.messages.create(body, options), pieces: 0 }
  const stream = client.messages.stream(body, options)
  let pieces = 0
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') pieces += 1
  }
  return { message: await stream.finalMessage(), pieces }
}

function answerOf({ content, usage }: Anthropic.Message, pieces: number): Answer {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    thoughts: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    toolCalls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, args: block.input }] : [],
    ),
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    pieces,
  }
}
