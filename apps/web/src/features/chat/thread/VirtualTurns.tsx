import { useVirtualizer } from '@tanstack/react-virtual'
import { useImperativeHandle, useLayoutEffect, useRef } from 'react'
import { cx } from '../../../ui/index.ts'
import { markClass, type TurnsProps } from './PlainTurns.tsx'
import { Turn } from './Turn.tsx'

const ESTIMATED_PX = 180

/** Only the rows in view and a few beside them are mounted; measured heights are kept by key. */
export function VirtualTurns({ items, scroller, handle, markedKey }: TurnsProps & { scroller: HTMLElement }) {
  const box = useRef<HTMLDivElement>(null)
  // It returns functions that must not be memoised; this component is drawn anew with each of its changes.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller,
    estimateSize: () => ESTIMATED_PX,
    getItemKey: (index) => items[index]?.key ?? index,
    overscan: 4,
  })
  useImperativeHandle(handle, () => ({
    scrollTo: (index) => virtual.scrollToIndex(index, { align: 'center' }),
  }))
  const wasAtEnd = useRef(true)
  useLayoutEffect(() => {
    if (!wasAtEnd.current) return
    wasAtEnd.current = false
    virtual.scrollToIndex(items.length - 1, { align: 'end' })
  }, [virtual, items.length])
  const rows = virtual.getVirtualItems()
  return (
    <div ref={box} className="relative" style={{ height: virtual.getTotalSize() }}>
      <div className="absolute inset-x-0 top-0" style={{ transform: `translateY(${rows[0]?.start ?? 0}px)` }}>
        {rows.map(({ index, key }) => {
          const item = items[index]
          return (
            item && (
              <div
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                data-turn={item.key}
                className={cx(item.key === markedKey && markClass)}
              >
                <Turn item={item} last={index === items.length - 1} />
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}
