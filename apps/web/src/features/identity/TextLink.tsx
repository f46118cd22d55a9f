import type { ReactNode } from 'react'
import { AppLink } from '../../routes/links.tsx'

export function TextLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <AppLink
      to={to}
      className="inline-flex min-h-6 items-center text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent"
    >
      {children}
    </AppLink>
  )
}
