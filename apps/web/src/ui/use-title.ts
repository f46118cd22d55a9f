import { useEffect } from 'react'

/** Names the page in the browser's tab and for the route announcer. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Atrium` : 'Atrium'
  }, [title])
}
