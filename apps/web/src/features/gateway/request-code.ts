/** A request of the playground. */
export interface PlaygroundRequest {
  model: string
  system: string
  message: string
}

export const codeKinds = [
  { value: 'curl', label: 'curl' },
  { value: 'openai-ts', label: 'OpenAI, TypeScript' },
  { value: 'openai-py', label: 'OpenAI, Python' },
  { value: 'anthropic', label: 'Anthropic' },
  { value: 'google', label: 'Google' },
  { value: 'ai-sdk', label: 'Vercel AI SDK' },
] as const
export type CodeKind = (typeof codeKinds)[number]['value']

/** The messages of a request, as OpenAI Chat Completions takes them. */
export const messagesOf = ({ system, message }: PlaygroundRequest): { role: string; content: string }[] => [
  ...(system.trim() === '' ? [] : [{ role: 'system', content: system }]),
  { role: 'user', content: message },
]

/** The same request with each SDK. Texts are JSON strings, which TypeScript and Python read alike. */
export function codeOf(kind: CodeKind, request: PlaygroundRequest, origin: string): string {
  const model = JSON.stringify(request.model)
  const message = JSON.stringify(request.message)
  const system = request.system.trim() === '' ? null : JSON.stringify(request.system)
  const messages = JSON.stringify(messagesOf(request), null, 2)
  switch (kind) {
    case 'curl': {
      const body = JSON.stringify(
        { model: request.model, messages: messagesOf(request), stream: true },
        null,
        2,
      )
      return `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer $ATRIUM_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '${body.replaceAll("'", String.raw`'\''`)}'`
    }
    case 'openai-ts':
      return openaiTypeScript(model, messages, origin)
    case 'openai-py':
      return openaiPython(model, messages, origin)
    case 'anthropic':
      return `import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({ baseURL: '${origin}', apiKey: process.env.ATRIUM_KEY })
const stream = client.messages.stream({
  model: ${model},
  max_tokens: 1024,${system ? `\n  system: ${system},` : ''}
  messages: [{ role: 'user', content: ${message} }],
})
stream.on('text', (text) => process.stdout.write(text))
await stream.finalMessage()`
    case 'google':
      return `import { GoogleGenAI } from '@google/genai'

const client = new GoogleGenAI({
  apiKey: process.env.ATRIUM_KEY,
  httpOptions: { baseUrl: '${origin}' },
})
const stream = await client.models.generateContentStream({
  model: ${model},
  contents: ${message},${system ? `\n  config: { systemInstruction: ${system} },` : ''}
})
for await (const chunk of stream) process.stdout.write(chunk.text ?? '')`
    case 'ai-sdk':
      return `import { createOpenAI } from '@ai-sdk/openai'
import { streamText } from 'ai'

const atrium = createOpenAI({ baseURL: '${origin}/v1', apiKey: process.env.ATRIUM_KEY })
const { textStream } = streamText({
  model: atrium.chat(${model}),${system ? `\n  system: ${system},` : ''}
  prompt: ${message},
})
for await (const text of textStream) process.stdout.write(text)`
  }
}

const openaiTypeScript = (
  model: string,
  messages: string,
  origin: string,
): string => `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: process.env.ATRIUM_KEY })
const stream = await client.chat.completions.create({
  model: ${model},
  messages: ${indent(messages, 2)},
  stream: true,
})
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '')`

const openaiPython = (model: string, messages: string, origin: string): string => `import os
from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key=os.environ["ATRIUM_KEY"])
stream = client.chat.completions.create(
    model=${model},
    messages=${indent(messages, 4)},
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")`

const indent = (text: string, spaces: number): string => text.replaceAll('\n', `\n${' '.repeat(spaces)}`)
