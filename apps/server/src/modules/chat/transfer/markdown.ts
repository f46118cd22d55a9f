import type { ContentPart } from '@atrium/contract'
import { shown } from './checks.ts'
import type { OwnConversation, OwnMessage } from './own.ts'

/** The head of a conversation in Markdown (CommonMark). */
export function markdownHead(conversation: Omit<OwnConversation, 'messages'>, exportedAt: Date): string {
  return (
    [
      `# ${shown(conversation.title, 200) || 'Untitled conversation'}`,
      [
        `- Started: ${conversation.createdAt}`,
        `- Last message: ${conversation.updatedAt}`,
        `- Exported: ${exportedAt.toISOString()}`,
      ].join('\n'),
    ].join('\n\n') + '\n'
  )
}

/** One message in Markdown: who, when, and what, in order. */
export function markdownMessage(message: OwnMessage): string {
  const { citations, body } = Object.groupBy(message.content, (part) =>
    part.type === 'citation' ? 'citations' : 'body',
  )
  const blocks = [
    '---',
    `## ${speakerOf(message)}`,
    `*${message.createdAt}*`,
    ...(body ?? []).map(blockOf),
    ...(citations ? [citations.flatMap(sourceLine).join('\n')] : []),
    ...(message.status === 'complete' ? [] : [`*This message was not completed: ${message.status}.*`]),
  ]
  return `\n${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function speakerOf({ role, author, model }: OwnMessage): string {
  if (role === 'user') return shown(author ?? '', 100) || 'User'
  const name = model ? `Assistant (${shown(model, 300)})` : 'Assistant'
  return author ? `${name}, edited by ${shown(author, 100)}` : name
}

function blockOf(part: ContentPart): string {
  switch (part.type) {
    case 'text':
      return part.text.trim()
    case 'reasoning':
      return reasoningBlock(part.text, part.durationMs)
    case 'tool_call':
      return `**Tool call:** ${code(part.name)}\n\n${fenced(JSON.stringify(part.input, null, 2) ?? '', 'json')}`
    case 'tool_result':
      return `**${part.isError ? 'Tool error' : 'Tool result'}:** ${code(part.name)}\n\n${fenced(part.output, '')}`
    case 'file':
      return `**File:** ${code(part.name)}`
    case 'citation':
      return ''
    default:
      return part satisfies never
  }
}

/** Collapsed where the reader knows HTML; the blank lines let Markdown go on inside. */
function reasoningBlock(text: string, durationMs: number | null): string {
  if (text.trim() === '') return ''
  const seconds = durationMs === null ? '' : ` (${(durationMs / 1000).toFixed(1)} s)`
  const inside = text.trim().replaceAll(/<(?=\/?(details|summary)\b)/gi, '&lt;')
  return `<details>\n<summary>Reasoning${seconds}</summary>\n\n${inside}\n\n</details>`
}

/** A fence that is longer than every run of backticks inside. */
function fenced(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}${language}\n${text}\n${fence}`
}

const code = (text: string): string => {
  const line = shown(text, 300) || 'unnamed'
  const marks = '`'.repeat(longestRun(line) + 1)
  return line.startsWith('`') || line.endsWith('`') ? `${marks} ${line} ${marks}` : `${marks}${line}${marks}`
}

const longestRun = (text: string): number =>
  (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0)

function sourceLine(part: ContentPart): string[] {
  if (part.type !== 'citation') return []
  const title = shown(part.title, 300).replaceAll(/[\\[\]]/g, String.raw`\$&`)
  const url =
    part.url !== null && /^https?:\/\//i.test(part.url)
      ? part.url.replaceAll(/[\s<>]/g, encodeURIComponent)
      : null
  return [url ? `${part.index}. [${title || url}](<${url}>)` : `${part.index}. ${title}`]
}
