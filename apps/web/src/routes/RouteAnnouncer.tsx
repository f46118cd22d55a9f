import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

/** Time for the new screen to set its title. */
const settleMs = 400

/** Tells screen readers which page was opened. */
export function RouteAnnouncer() {
  const pathname = useLocation({ select: (location) => location.pathname })
  const [first] = useState(pathname)
  const [title, setTitle] = useState('')
  useEffect(() => {
    if (pathname === first) return undefined
    const timer = setTimeout(() => setTitle(document.title), settleMs)
    return () => clearTimeout(timer)
  }, [pathname, first])
  return <output className="sr-only">{title}</output>
}
