import type { ReactNode } from 'react'
import { Logo } from '../features/shell/Logo.tsx'
import { useTitle } from '../ui/index.ts'

interface QuietPageProps {
  title: string
  /** Under the title. */
  lead?: ReactNode
  children: ReactNode
  wide?: boolean
}

/** A page with one column and one thing to do: sign-in, invitations, errors. */
export function QuietPage({ title, lead, children, wide }: QuietPageProps) {
  useTitle(title)
  return (
    <div className="flex min-h-dvh flex-col px-5 py-6">
      <header className="flex items-center gap-2 font-semibold">
        <Logo />
        Atrium
      </header>
      <main
        id="main"
        className={`mx-auto my-auto flex w-full flex-col gap-5 py-10 ${wide ? 'max-w-220' : 'max-w-90'}`}
      >
        <div className="flex flex-col gap-1.5">
          <h1 className="text-25 font-semibold tracking-tight text-balance">{title}</h1>
          {lead && <p className="text-muted">{lead}</p>}
        </div>
        {children}
      </main>
    </div>
  )
}
