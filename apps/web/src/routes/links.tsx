import { useLocation, useRouter } from '@tanstack/react-router'
import { type ComponentProps, type MouseEvent, useCallback, useEffect } from 'react'

interface AppLinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  /** One of `paths`. */
  to: string
  replace?: boolean
}

/** A link to one of `paths`; the page changes without a reload. */
export function AppLink({ to, replace = false, onClick, children, ...rest }: AppLinkProps) {
  const go = useGo()
  const isHere = useLocation({ select: ({ pathname }) => pathname === to.split('?')[0] })
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
    if (event.defaultPrevented || elsewhere) return
    event.preventDefault()
    go(to, { replace })
  }
  return (
    <a aria-current={isHere ? 'page' : undefined} {...rest} href={to} onClick={follow}>
      {children}
    </a>
  )
}

/** Goes to one of `paths`. */
export function useGo(): (path: string, options?: { replace?: boolean }) => void {
  const router = useRouter()
  return useCallback((path, options) => void router.navigate({ href: path, ...options }), [router])
}

/** Goes to one of `paths` as soon as it is drawn. */
export function GoTo({ path }: { path: string }) {
  const go = useGo()
  useEffect(() => go(path, { replace: true }), [go, path])
  return null
}
