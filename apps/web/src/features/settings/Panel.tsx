import type { ReactNode } from 'react'

interface PanelProps {
  title: string
  lead?: ReactNode
  children: ReactNode
}

/** The content of one section of the settings. */
export function Panel({ title, lead, children }: PanelProps) {
  return (
    <div className="flex flex-col gap-7">
      <header className="flex flex-col gap-1">
        <h2 className="text-20 font-semibold tracking-tight">{title}</h2>
        {lead && <p className="max-w-prose text-muted">{lead}</p>}
      </header>
      {children}
    </div>
  )
}

interface PanelSectionProps {
  title: string
  lead?: ReactNode
  /** At the right end of the title. */
  action?: ReactNode
  children: ReactNode
}

export function PanelSection({ title, lead, action, children }: PanelSectionProps) {
  return (
    <section className="flex flex-col gap-3">
      <div className="flex min-h-7 flex-wrap items-center justify-between gap-2 border-b border-line pb-2">
        <h3 className="font-semibold">{title}</h3>
        {action}
      </div>
      {lead && <p className="-mt-1 max-w-prose text-13 text-muted">{lead}</p>}
      {children}
    </section>
  )
}
