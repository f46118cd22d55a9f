import type { ReactNode } from 'react'
import { AppLink } from '../../routes/links.tsx'
import { buttonClass, Icon, type IconName } from '../../ui/index.ts'

interface ButtonLinkProps {
  /** One of `paths`. */
  to: string
  icon?: IconName
  children: ReactNode
}

/** A link that looks like a button. */
export function ButtonLink({ to, icon, children }: ButtonLinkProps) {
  return (
    // It leads on within the screen, so it never stands for the current page.
    <AppLink to={to} aria-current={undefined} className={buttonClass()}>
      {icon && <Icon name={icon} />}
      {children}
    </AppLink>
  )
}
