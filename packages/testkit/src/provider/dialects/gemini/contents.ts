import { isRecord, records, textOf, type Json } from '../../json.ts'
import { invalid } from '../../refusal.ts'
import { sign } from '../../signature.ts'
import { member } from './names.ts'

const dataFields = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
]
/** What Google accepts in place of a signature, for history that other models made. */
const skipSignature = 'skip_thought_signature_validator'

/** The signature that a function call of ours carries; it must come back with the call. */
export function signCall(name: string, args: unknown): string {
  return sign(`${name} ${JSON.stringify(args)}`)
}

/** Checks the conversation of a Gemini request by the real API's rules, in its words. Throws a `Refusal`. */
export function checkContents(contents: readonly Json[], model: string): void {
  if (contents.length === 0) {
    throw invalid('* GenerateContentRequest.contents: contents is not specified')
  }
  contents.forEach((content, index) => {
    checkParts(content, index)
    checkFunctionTurns(contents[index - 1], content)
  })
  checkSignatures(contents, /^(fake-reasoning|gemini-3)/.test(model))
}

function checkParts(content: Json, index: number): void {
  const role = content['role'] ?? 'user'
  if (role !== 'user' && role !== 'model') throw invalid('Please use a valid role: user, model.')
  const parts = records(content['parts'])
  const where = `* GenerateContentRequest.contents[${index}].parts`
  if (parts.length === 0) throw invalid(`${where}: contents.parts must not be empty.`)
  parts.forEach((part, at) => {
    if (dataFields.some((name) => member(part, name) !== undefined)) return
    throw invalid(`${where}[${at}].data: required oneof field 'data' must have one initialized field`)
  })
}

function checkFunctionTurns(before: Json | undefined, content: Json): void {
  const calls = partsWith(content, 'functionCall').length
  const responses = partsWith(content, 'functionResponse').length
  const asked = partsWith(before, 'functionCall').length
  if (calls > 0 && before?.['role'] === 'model') {
    throw invalid(
      'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
    )
  }
  if (responses > 0 && asked === 0) {
    throw invalid('Please ensure that function response turn comes immediately after a function call turn.')
  }
  if (before !== undefined && asked !== responses) {
    throw invalid(
      'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
    )
  }
}

/**
 * Any signature must be untouched; newer models also miss one on the first call of each step since the user last
 * spoke. Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function checkSignatures(contents: readonly Json[], required: boolean): void {
  const spoke = contents.findLastIndex((content) => {
    return content['role'] !== 'model' && partsWith(content, 'functionResponse').length === 0
  })
  contents.forEach((content, index) => {
    partsWith(content, 'functionCall').forEach((part, at) => {
      const call = member(part, 'functionCall')
      if (isRecord(call)) checkSignature(part, call, required && at === 0 && index > spoke, index + 1)
    })
  })
}

function checkSignature(part: Json, call: Json, required: boolean, position: number): void {
  const signature = member(part, 'thoughtSignature')
  const name = textOf(call['name'])
  if (signature === undefined) {
    if (!required) return
    throw invalid(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${position}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    )
  }
  if (signature === skipSignature || signature === signCall(name, call['args'])) return
  throw invalid('Corrupted thought signature.')
}

function partsWith(content: Json | undefined, name: string): Json[] {
  return records(content?.['parts']).filter((part) => member(part, name) !== undefined)
}
