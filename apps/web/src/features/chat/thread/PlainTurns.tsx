import { useImperativeHandle, useRef } from 'react'
import { cx } from '../../../ui/index.ts'
import { Turn } from './Turn.tsx'
import type { TurnItem } from './turn-item.ts'

export interface TurnsProps {
  items: readonly TurnItem[]
  handle: React.Ref<{ scrollTo: (index: number) => void }>
  markedKey: string | null
}

export const markClass = 'rounded-6 bg-accent-soft/60 transition-colors'

/** Every row mounted: the browser's own find works, and rows out of view cost no layout. */
export function PlainTurns({ items, handle, markedKey }: TurnsProps) {
  const box = useRef<HTMLDivElement>(null)
  useImperativeHandle(handle, () => ({
    scrollTo: (index) => box.current?.children[index]?.scrollIntoView({ block: 'center' }),
  }))
  return (
    <div ref={box}>
      {items.map((item, index) => (
        <div
          key={item.key}
          data-turn={item.key}
          className={cx(
            index < items.length - 4 && '[contain-intrinsic-size:auto_180px] [content-visibility:auto]',
            item.key === markedKey && markClass,
          )}
        >
          <Turn item={item} last={index === items.length - 1} />
        </div>
      ))}
    </div>
  )
}
