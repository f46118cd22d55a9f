import type { Message } from '@atrium/contract'
import { cx } from '../../../ui/index.ts'

interface SpineProps {
  author: Message['role']
  model: string | null
  status: Message['status'] | 'waiting'
  /** There are other versions beside this one. */
  forked: boolean
}

const hues = [
  'border-chart-1',
  'border-chart-2',
  'border-chart-3',
  'border-chart-4',
  'border-chart-5',
  'border-chart-6',
  'border-chart-7',
  'border-chart-8',
]

/** The line on the left of a turn: its colour is the model, its form the state, its ring a fork. */
export function Spine({ author, model, status, forked }: SpineProps) {
  const color =
    status === 'failed' ? 'border-danger' : author === 'user' ? 'border-line-strong' : hueOf(model ?? '')
  const isBroken = status === 'stopped' || status === 'interrupted' || status === 'waiting'
  return (
    <span aria-hidden="true" className="absolute inset-y-0 left-0 flex w-2 justify-center">
      <span
        className={cx(
          'h-full border-l-2',
          color,
          isBroken && 'border-dashed',
          status === 'streaming' && 'animate-pulse',
        )}
      />
      {forked && <span className={cx('absolute top-1 size-2 rounded-full border-2 bg-paper', color)} />}
    </span>
  )
}

/** The same model always has the same hue. */
export function hueOf(model: string): string {
  let hash = 7
  for (const character of model) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9973
  return hues[hash % hues.length] ?? 'border-chart-1'
}
