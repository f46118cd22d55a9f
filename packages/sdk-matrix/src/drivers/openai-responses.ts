import OpenAI from 'openai'
import { capitalSchema, statusIn, weatherTool, type Answer, type Driver, type Settings } from '../driver.ts'

type Input = OpenAI.Responses.ResponseInput

export const openaiResponses: Driver = {
  name: 'openai (responses)',
  statusOf: statusIn,
  open: ({ url, key }, settings) => {
    const client = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 })
    const input: Input = []
    let last: OpenAI.Responses.Response | undefined
    const ask = async (): Promise<Answer> => {
      const { response, pieces } = await respond(client, input, settings)
      last = response
      input.push(...(response.output as Input))
      return answerOf(response, pieces)
    }
    return {
      say: (text, picture) => {
        const image = {
          type: 'input_image' as const,
          detail: 'auto' as const,
          image_url: `data:image/png;base64,${picture}`,
        }
        input.push({
          role: 'user',
          content: picture ? [{ type: 'input_text', text }, image] : text,
        })
        return ask()
      },
      answerTools: (outputs) => {
        const calls = (last?.output ?? []).filter((item) => item.type === 'function_call')
        outputs.forEach((output, index) =>
          input.push({ type: 'function_call_output', call_id: calls[index]?.call_id ?? '', output }),
        )
        return ask()
      },
    }
  },
}

async function respond(client: OpenAI, input: Input, settings: Settings) {
  const body = {
    model: settings.model,
    input,
    store: false,
    ...(settings.tools
      ? {
          tools: [
            {
              type: 'function' as const,
              name: weatherTool.name,
              description: weatherTool.description,
              parameters: weatherTool.schema,
              strict: true,
            },
          ],
        }
      : {}),
    ...(settings.json
      ? {
          text: {
            format: { type: 'json_schema' as const, name: 'capital', schema: capitalSchema, strict: true },
          },
        }
      : {}),
    ...(settings.thinking
      ? {
          reasoning: { effort: 'medium' as const, summary: 'auto' as const },
          include: ['reasoning.encrypted_content' as const],
        }
      : {}),
  }
  const options = { signal: settings.signal }
  if (!settings.stream) return { response: await client.responses.create(body, options), pieces: 0 }
  const stream = client.responses.stream(body, options)
  let pieces = 0
  for await (const event of stream) if (event.type === 'response.output_text.delta') pieces += 1
  return { response: await stream.finalResponse(), pieces }
}

function answerOf(response: OpenAI.Responses.Response, pieces: number): Answer {
  return {
    text: response.output_text,
    thoughts: response.output
      .flatMap((item) => (item.type === 'reasoning' ? item.summary.map(({ text }) => text) : []))
      .join(''),
    toolCalls: response.output.flatMap((item) =>
      item.type === 'function_call'
        ? [{ id: item.call_id, name: item.name, args: JSON.parse(item.arguments) as unknown }]
        : [],
    ),
    inputTokens: response.usage?.input_tokens ?? 0,
    outputTokens: response.usage?.output_tokens ?? 0,
    pieces,
  }
}
