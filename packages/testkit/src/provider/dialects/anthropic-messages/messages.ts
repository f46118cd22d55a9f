import { isRecord, records, textOf, type Json } from '../../json.ts'
import { invalid } from '../../refusal.ts'
import { sign } from '../../signature.ts'

/** Checks the conversation of a Messages request by the real API's rules, in its words. Throws a `Refusal`. */
export function checkMessages(messages: readonly Json[], thinking: boolean): void {
  const last = messages.length - 1
  if (last < 0) throw invalid('messages: at least one message is required')
  messages.forEach((message, index) => {
    checkRole(messages, index)
    checkContent(message, index, index === last)
    checkToolResults(messages[index - 1], message, index)
  })
  checkPrefill(messages[last] ?? {})
  if (thinking) checkThinkingKept(messages)
}

function checkRole(messages: readonly Json[], index: number): void {
  const role = messages[index]?.['role']
  if (role === 'system') {
    throw invalid(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    )
  }
  if (role !== 'user' && role !== 'assistant') {
    throw invalid(`messages.${index}.role: Input should be 'user' or 'assistant'`)
  }
  if (index === 0 && role !== 'user') throw invalid('messages: first message must use the "user" role')
  if (messages[index - 1]?.['role'] === role) {
    throw invalid(
      `messages: roles must alternate between "user" and "assistant", but found multiple "${role}" roles in a row`,
    )
  }
}

function checkContent(message: Json, index: number, isLast: boolean): void {
  const { content, role } = message
  const empty = content === '' || (Array.isArray(content) && content.length === 0)
  if (empty && !(isLast && role === 'assistant')) {
    throw invalid(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    )
  }
  if (typeof content !== 'string' && !Array.isArray(content))
    throw invalid(`messages.${index}.content: Field required`)
  records(content).forEach((block, at) => checkBlock(block, `messages.${index}.content.${at}`))
}

function checkBlock(block: Json, where: string): void {
  switch (block['type']) {
    case 'text':
      if (textOf(block['text']) === '') throw invalid('messages: text content blocks must be non-empty')
      return
    case 'tool_use':
      if (!isRecord(block['input']))
        throw invalid(`${where}.tool_use.input: Input should be a valid dictionary`)
      return
    case 'thinking':
      if (block['signature'] !== sign(textOf(block['thinking']))) {
        throw invalid(`${where}: Invalid \`signature\` in \`thinking\` block`)
      }
      return
    case 'image':
    case 'document':
      if (!isRecord(block['source'])) throw invalid(`${where}.${block['type']}.source: Field required`)
      return
    case 'redacted_thinking':
    case 'tool_result':
    case 'search_result':
    case 'server_tool_use':
    case 'web_search_tool_result':
      return
    default:
      throw invalid(
        `${where}: Input tag '${textOf(block['type'])}' found using 'type' does not match any of the expected tags`,
      )
  }
}

function checkToolResults(before: Json | undefined, message: Json, index: number): void {
  const asked = blocksOf(before, 'tool_use').map((block) => textOf(block['id']))
  const blocks = records(message['content'])
  const results = blocks.filter((block) => block['type'] === 'tool_result')
  const leading = blocks.slice(0, results.length).filter((block) => block['type'] === 'tool_result')
  for (const result of results) {
    const id = textOf(result['tool_use_id'])
    if (asked.includes(id)) continue
    throw invalid(
      `messages.${index}.content.${blocks.indexOf(result)}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    )
  }
  const answered = leading.map((result) => textOf(result['tool_use_id']))
  const open = asked.filter((id) => !answered.includes(id))
  if (open.length === 0) return
  throw invalid(
    `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  )
}

function checkPrefill(last: Json): void {
  if (last['role'] !== 'assistant') return
  if (blocksOf(last, 'tool_use').length > 0) {
    throw invalid('messages: the final assistant message may not end in a `tool_use` block')
  }
  const text =
    typeof last['content'] === 'string' ? last['content'] : textOf(records(last['content']).at(-1)?.['text'])
  if (text !== text.trimEnd())
    throw invalid('messages: final assistant content cannot end with trailing whitespace')
}

/** With thinking on, the assistant turn whose tools are being answered must still begin with its thinking. */
function checkThinkingKept(messages: readonly Json[]): void {
  const at = messages.length - 2
  const turn = messages[at]
  if (turn === undefined || blocksOf(messages.at(-1), 'tool_result').length === 0) return
  const first = textOf(records(turn['content'])[0]?.['type'])
  if (first === 'thinking' || first === 'redacted_thinking') return
  throw invalid(
    `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
  )
}

function blocksOf(message: Json | undefined, type: string): Json[] {
  return records(message?.['content']).filter((block) => block['type'] === type)
}
