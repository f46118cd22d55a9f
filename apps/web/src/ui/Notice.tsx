import type { ReactNode } from 'react'
import { cx } from './class-names.ts'
import { Icon } from './Icon.tsx'
import type { IconName } from './icon-paths.ts'

export type Tone = 'neutral' | 'accent' | 'ok' | 'warn' | 'danger'

const tones: Record<Tone, { box: string; icon: IconName; iconColor: string }> = {
  neutral: { box: 'border-line bg-sunken', icon: 'info', iconColor: 'text-muted' },
  accent: { box: 'border-accent/30 bg-accent-soft', icon: 'info', iconColor: 'text-accent' },
  ok: { box: 'border-ok/30 bg-ok-soft', icon: 'check', iconColor: 'text-ok' },
  warn: { box: 'border-warn/30 bg-warn-soft', icon: 'alert', iconColor: 'text-warn' },
  danger: { box: 'border-danger/30 bg-danger-soft', icon: 'alert', iconColor: 'text-danger' },
}

interface NoticeProps {
  tone?: Tone
  title?: ReactNode
  children?: ReactNode
  action?: ReactNode
  className?: string
}

/** A message inside the page, where the thing that it is about stands. Errors are announced. */
export function Notice({ tone = 'neutral', title, children, action, className }: NoticeProps) {
  const { box, icon, iconColor } = tones[tone]
  return (
    <div
      role={tone === 'danger' ? 'alert' : undefined}
      className={cx('flex gap-2.5 rounded-6 border px-3 py-2.5 text-13', box, className)}
    >
      <Icon name={icon} className={`mt-px ${iconColor}`} />
      <div className="flex min-w-0 flex-1 flex-wrap gap-2">
        <div className="min-w-0 flex-1 basis-40 text-ink">
          {title && <p className="font-medium">{title}</p>}
          {children}
        </div>
        {action}
      </div>
    </div>
  )
}
