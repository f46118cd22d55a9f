import type { ReactNode } from 'react'
import type { Tone } from './Notice.tsx'

const tones: Record<Tone, string> = {
  neutral: 'border-line text-muted',
  accent: 'border-accent/40 text-accent',
  ok: 'border-ok/40 text-ok',
  warn: 'border-warn/40 text-warn',
  danger: 'border-danger/40 text-danger',
}

/** A word about the state or kind of something. */
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center rounded-4 border px-1.5 text-12 whitespace-nowrap ${tones[tone]}`}
    >
      {children}
    </span>
  )
}
