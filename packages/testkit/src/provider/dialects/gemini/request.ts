import { isRecord, numberOf, records, textOf, type Json } from '../../json.ts'
import type { Received, ReceivedTool, ReceivedTurn } from '../../received.ts'
import { invalid } from '../../refusal.ts'
import type { Target } from '../dialect.ts'
import { checkContents } from './contents.ts'
import { member } from './names.ts'

const fields = new Set([
  'contents',
  'tools',
  'toolConfig',
  'safetySettings',
  'systemInstruction',
  'generationConfig',
  'cachedContent',
  'model',
  'labels',
])

/**
 * Reads and validates a `generateContent` request, with the refusals that the real API gives; as there, names may be
 * camelCase or snake_case. Source: https://ai.google.dev/api/generate-content. Throws a `Refusal`.
 */
export function receiveGemini(body: Json, target: Target): Received {
  const model = target.model ?? ''
  for (const key of Object.keys(body)) {
    const camel = key.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
    if (!fields.has(camel)) {
      throw invalid(`Invalid JSON payload received. Unknown name "${key}": Cannot find field.`)
    }
  }
  const contents = records(body['contents'])
  checkContents(contents, model)
  const config = member(body, 'generationConfig')
  const system = member(body, 'systemInstruction')
  return {
    model,
    stream: target.stream,
    system: plainText(isRecord(system) ? system : {}),
    turns: contents.map(readTurn),
    tools: records(body['tools']).flatMap(readTools),
    maxTokens: isRecord(config) ? numberOf(member(config, 'maxOutputTokens')) : undefined,
    wantsUsage: true,
    wantsEncryptedReasoning: false,
  }
}

function readTools(tool: Json): ReceivedTool[] {
  return records(member(tool, 'functionDeclarations')).map((declaration, index) => {
    const name = textOf(declaration['name'])
    if (!/^[a-zA-Z_][\w.:-]{0,63}$/.test(name)) {
      throw invalid(
        `* GenerateContentRequest.tools[0].function_declarations[${index}].name: Invalid function name.`,
      )
    }
    const schema = member(declaration, 'parametersJsonSchema') ?? declaration['parameters']
    return { name, schema: isRecord(schema) ? schema : {} }
  })
}

function plainText(content: Json): string {
  return records(content['parts'])
    .filter((part) => part['thought'] !== true)
    .map((part) => textOf(part['text']))
    .join('')
}

function readTurn(content: Json): ReceivedTurn {
  const parts = records(content['parts'])
  const count = (name: string): number => parts.filter((part) => isRecord(member(part, name))).length
  const images = parts.filter((part) => mimeType(part).startsWith('image/')).length
  return {
    role: content['role'] === 'model' ? 'assistant' : 'user',
    text: plainText(content),
    images,
    files: count('inlineData') + count('fileData') - images,
    toolCalls: count('functionCall'),
    toolResults: count('functionResponse'),
  }
}

function mimeType(part: Json): string {
  const data = member(part, 'inlineData') ?? member(part, 'fileData')
  return isRecord(data) ? textOf(member(data, 'mimeType')) : ''
}
