import type { ReactNode } from 'react'
import { cx } from './class-names.ts'

/** A bar in the place of text that is on its way; size it with classes such as `h-4 w-40`. */
export function Skeleton({ className }: { className?: string }) {
  return <span className={cx('block animate-pulse rounded-4 bg-pressed', className ?? 'h-4 w-full')} />
}

/** Shows its content only when waiting has lasted 150 ms; says so to screen readers. */
export function Waiting({ label = 'Loading', children }: { label?: string; children: ReactNode }) {
  return (
    <div aria-busy="true" className="animate-late">
      <output className="sr-only">{label}</output>
      {children}
    </div>
  )
}

/** Skeleton of a list or table. */
export function SkeletonRows({ rows = 4, label }: { rows?: number; label?: string }) {
  const widths = ['w-3/5', 'w-2/5', 'w-1/2', 'w-1/3']
  return (
    <Waiting {...(label ? { label } : {})}>
      <div className="flex flex-col">
        {Array.from({ length: rows }, (_, index) => (
          <div key={index} className="flex h-row items-center justify-between gap-6 border-b border-line">
            <Skeleton className={cx('h-3', widths[index % widths.length])} />
            <Skeleton className="h-3 w-16" />
          </div>
        ))}
      </div>
    </Waiting>
  )
}
