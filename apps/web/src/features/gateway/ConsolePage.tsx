import type { ReactNode } from 'react'
import { useTitle } from '../../ui/index.ts'
import { ConsoleNav } from './ConsoleNav.tsx'

interface ConsolePageProps {
  title: string
  lead?: ReactNode
  /** At the right end of the title. */
  actions?: ReactNode
  children: ReactNode
}

/** The frame of the screens around the gateway: the way between them, and a title. */
export function ConsolePage({ title, lead, actions, children }: ConsolePageProps) {
  useTitle(title)
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex max-w-[76rem] flex-col gap-6 px-4 pt-3 pb-12 md:px-8">
        <ConsoleNav />
        <header className="flex flex-wrap items-end justify-between gap-3">
          <div className="min-w-0">
            <h1 className="text-20 font-semibold tracking-tight">{title}</h1>
            {lead && <p className="max-w-prose text-muted">{lead}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-end gap-2">{actions}</div>}
        </header>
        {/* Its sections have headings of the third level, as in the settings. */}
        <h2 className="sr-only">{`${title} in detail`}</h2>
        {children}
      </div>
    </div>
  )
}
