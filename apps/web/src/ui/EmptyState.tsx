import type { ReactNode } from 'react'
import { Icon } from './Icon.tsx'
import type { IconName } from './icon-paths.ts'

interface EmptyStateProps {
  icon?: IconName
  title: string
  /** What this place is for. */
  children?: ReactNode
  /** The one thing to do next. */
  action?: ReactNode
}

export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center gap-1 rounded-6 border border-dashed border-line px-6 py-8 text-center">
      {icon && <Icon name={icon} size={20} className="mb-1 text-faint" />}
      <p className="font-medium">{title}</p>
      {children && <p className="max-w-90 text-13 text-muted">{children}</p>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  )
}
