import {
  GoogleGenAI,
  type Content,
  type FunctionCall,
  type GenerateContentResponse,
  type Part,
} from '@google/genai'
import { capitalSchema, statusIn, weatherTool, type Answer, type Driver, type Settings } from '../driver.ts'

export const google: Driver = {
  name: '@google/genai',
  statusOf: statusIn,
  open: ({ url, key }, settings) => {
    const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } })
    const contents: Content[] = []
    let calls: FunctionCall[] = []
    const ask = async (): Promise<Answer> => {
      const { parts, usage, pieces } = await generate(client, contents, settings)
      contents.push({ role: 'model', parts })
      calls = parts.flatMap(({ functionCall }) => (functionCall ? [functionCall] : []))
      return answerOf(parts, usage, pieces)
    }
    return {
      say: (text, picture) => {
        const image: Part[] = picture ? [{ inlineData: { mimeType: 'image/png', data: picture } }] : []
        contents.push({ role: 'user', parts: [...image, { text }] })
        return ask()
      },
      answerTools: (outputs) => {
        contents.push({
          role: 'user',
          parts: outputs.map((output, index) => ({
            functionResponse: {
              name: calls[index]?.name ?? '',
              response: { output },
              ...(calls[index]?.id === undefined ? {} : { id: calls[index].id }),
            },
          })),
        })
        return ask()
      },
    }
  },
}

type UsageMetadata = GenerateContentResponse['usageMetadata']

async function generate(client: GoogleGenAI, contents: Content[], settings: Settings) {
  const request = {
    model: settings.model,
    contents,
    config: {
      ...(settings.signal ? { abortSignal: settings.signal } : {}),
      ...(settings.tools
        ? {
            tools: [
              {
                functionDeclarations: [
                  {
                    name: weatherTool.name,
                    description: weatherTool.description,
                    parametersJsonSchema: weatherTool.schema,
                  },
                ],
              },
            ],
          }
        : {}),
      ...(settings.json ? { responseMimeType: 'application/json', responseJsonSchema: capitalSchema } : {}),
      ...(settings.thinking ? { thinkingConfig: { includeThoughts: true } } : {}),
    },
  }
  if (!settings.stream) {
    const reply = await client.models.generateContent(request)
    return { parts: partsOf(reply), usage: reply.usageMetadata, pieces: 0 }
  }
  const parts: Part[] = []
  let usage: UsageMetadata
  let pieces = 0
  for await (const chunk of await client.models.generateContentStream(request)) {
    const some = partsOf(chunk)
    if (some.some(({ text, thought }) => text && !thought)) pieces += 1
    parts.push(...some)
    usage = chunk.usageMetadata ?? usage
  }
  return { parts, usage, pieces }
}

const partsOf = (reply: GenerateContentResponse): Part[] => reply.candidates?.[0]?.content?.parts ?? []

function answerOf(parts: readonly Part[], usage: UsageMetadata, pieces: number): Answer {
  return {
    text: parts.map(({ text, thought }) => (thought ? '' : (text ?? ''))).join(''),
    thoughts: parts.map(({ text, thought }) => (thought ? (text ?? '') : '')).join(''),
    toolCalls: parts.flatMap(({ functionCall }, index) =>
      functionCall
        ? [{ id: functionCall.id ?? String(index), name: functionCall.name ?? '', args: functionCall.args }]
        : [],
    ),
    inputTokens: usage?.promptTokenCount ?? 0,
    outputTokens: usage?.candidatesTokenCount ?? 0,
    pieces,
  }
}
