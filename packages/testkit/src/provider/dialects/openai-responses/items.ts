import { records, textOf, type Json } from '../../json.ts'
import { invalid, Refusal } from '../../refusal.ts'
import { sign } from '../../signature.ts'

/** Ids of calls that came with reasoning begin so: the API wants that reasoning back along with the call. */
export const reasonedCallPrefix = 'fc_r'

/** The opaque form of a reasoning item. */
export function encryptReasoning(itemId: string): string {
  return sign(`reasoning ${itemId}`)
}

/** The reasoning item that belongs to a call, both made by the same answer. */
function reasoningIdOf(callItemId: string): string {
  return `rs_${callItemId.slice(reasonedCallPrefix.length).split('_')[0]}`
}

/** Checks the input items of a Responses request by the real API's rules, in its words. Throws a `Refusal`. */
export function checkItems(items: readonly Json[], stored: boolean): void {
  items.forEach((item, index) => checkItem(item, `input[${index}]`, stored))
  checkPairs(items)
  checkReasoningKept(items)
}

function checkItem(item: Json, where: string, stored: boolean): void {
  switch (item['type'] ?? 'message') {
    case 'message':
      return checkMessage(item, where)
    case 'function_call':
      return checkCall(item, where)
    case 'function_call_output':
      if (typeof item['output'] === 'string' || Array.isArray(item['output'])) return
      throw invalid(`Missing required parameter: '${where}.output'.`, `${where}.output`)
    case 'reasoning':
      return checkReasoning(item, where, stored)
    case 'item_reference':
      throw invalid(`Item with id '${textOf(item['id'])}' not found.`, 'input')
    default:
      throw invalid(`Invalid value: '${textOf(item['type'])}'.`, where)
  }
}

const inputParts = ['input_text', 'input_image', 'input_file', 'input_audio']
const outputParts = ['output_text', 'refusal']

function checkMessage(item: Json, where: string): void {
  const role = textOf(item['role'])
  if (!['user', 'assistant', 'system', 'developer'].includes(role)) {
    throw invalid(
      `Invalid value: '${role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
      where,
    )
  }
  if (typeof item['content'] === 'string') return
  if (!Array.isArray(item['content'])) {
    throw invalid(`Missing required parameter: '${where}.content'.`, where)
  }
  const known = role === 'assistant' ? outputParts : inputParts
  records(item['content']).forEach((part, at) => {
    if (known.includes(textOf(part['type']))) return
    const list = known.map((name) => `'${name}'`).join(', ')
    throw invalid(
      `Invalid value: '${textOf(part['type'])}'. Supported values are: ${list}.`,
      `${where}.content[${at}]`,
    )
  })
}

function checkCall(item: Json, where: string): void {
  const id = item['id']
  if (typeof id === 'string' && !id.startsWith('fc')) {
    throw invalid(`Invalid '${where}.id': '${id}'. Expected an ID that begins with 'fc'.`, `${where}.id`)
  }
  if (textOf(item['call_id']) === '') throw invalid(`Missing required parameter: '${where}.call_id'.`, where)
  if (typeof item['arguments'] !== 'string') {
    throw invalid(`Invalid type for '${where}.arguments': expected a string.`, `${where}.arguments`)
  }
}

function checkReasoning(item: Json, where: string, stored: boolean): void {
  const id = textOf(item['id'])
  const encrypted = item['encrypted_content']
  if (typeof encrypted !== 'string') {
    if (stored) return
    throw invalid(
      `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      'input',
    )
  }
  if (encrypted === encryptReasoning(id)) return
  throw new Refusal(400, 'invalid-request', `The encrypted content for item ${id} could not be verified.`, {
    param: where,
    code: 'invalid_encrypted_content',
  })
}

function checkPairs(items: readonly Json[]): void {
  const idsOf = (type: string): string[] =>
    items.filter((item) => item['type'] === type).map((item) => textOf(item['call_id']))
  const calls = idsOf('function_call')
  const outputs = idsOf('function_call_output')
  const orphan = outputs.find((id) => !calls.includes(id))
  if (orphan !== undefined) {
    throw invalid(`No tool call found for function call output with call_id ${orphan}.`, 'input')
  }
  const open = calls.find((id) => !outputs.includes(id))
  if (open !== undefined) throw invalid(`No tool output found for function call ${open}.`, 'input')
}

function checkReasoningKept(items: readonly Json[]): void {
  const last = items.at(-1)
  if (last?.['type'] === 'reasoning') {
    throw invalid(
      `Item '${textOf(last['id'])}' of type 'reasoning' was provided without its required following item.`,
      'input',
    )
  }
  for (const item of items) {
    const id = textOf(item['id'])
    if (item['type'] !== 'function_call' || !id.startsWith(reasonedCallPrefix)) continue
    const reasoning = reasoningIdOf(id)
    if (items.some((other) => other['id'] === reasoning)) continue
    throw invalid(
      `Item '${id}' of type 'function_call' was provided without its required 'reasoning' item: '${reasoning}'.`,
      'input',
    )
  }
}
