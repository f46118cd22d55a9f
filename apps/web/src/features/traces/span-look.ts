import type { SpanSummary } from '@atrium/contract'
import type { IconName } from '../../ui/index.ts'
import { hueOf } from '../chat/thread/Spine.tsx'

/** What a span is for the eye. */
export interface SpanLook {
  icon: IconName
  /** The operation in a word or two. */
  kind: string
  /** Class of the border that is its spine: a model has the hue that it has in the chat. */
  spine: string
  /** Class of the background of its bar. */
  bar: string
}

const bars: Readonly<Record<string, string>> = {
  'border-chart-1': 'bg-chart-1',
  'border-chart-2': 'bg-chart-2',
  'border-chart-3': 'bg-chart-3',
  'border-chart-4': 'bg-chart-4',
  'border-chart-5': 'bg-chart-5',
  'border-chart-6': 'bg-chart-6',
  'border-chart-7': 'bg-chart-7',
  'border-chart-8': 'bg-chart-8',
}

const operations: Readonly<Record<string, readonly [kind: string, icon: IconName]>> = {
  chat: ['model call', 'chat'],
  text_completion: ['model call', 'chat'],
  generate_content: ['model call', 'chat'],
  embeddings: ['embeddings', 'network'],
  retrieval: ['retrieval', 'search'],
  execute_tool: ['tool', 'tool'],
  invoke_agent: ['agent', 'person'],
  create_agent: ['agent made', 'person'],
  invoke_workflow: ['workflow', 'branch'],
}

/**
 * Calls of a model are drawn in the hue of the model, tools and agents in ink, everything else quietly; a failure is
 * drawn as one whatever failed.
 */
export function lookOf({ operation, model, status }: SpanSummary): SpanLook {
  const [kind, icon] = operations[operation ?? ''] ?? [operation?.replaceAll('_', ' ') ?? 'span', 'code']
  const spine = hueOfSpan(operation, model)
  const bar = bars[spine] ?? (spine === 'border-ink' ? 'bg-muted' : 'bg-line-strong')
  return {
    icon,
    kind,
    spine: status === 'error' ? 'border-danger' : spine,
    bar: status === 'error' ? 'bg-danger' : bar,
  }
}

function hueOfSpan(operation: string | null, model: string | null): string {
  if (operation === 'execute_tool' || operation === 'invoke_agent') return 'border-ink'
  return model === null ? 'border-line-strong' : hueOf(model)
}

/** Tokens of all kinds; null when none were told. */
export function tokensOf({ tokens }: SpanSummary): number | null {
  const told = Object.values(tokens).filter((count) => count !== null)
  return told.length === 0 ? null : told.reduce((sum, count) => sum + count, 0)
}
