import { useSyncExternalStore } from 'react'

const query = '(max-width: 767px)'

/** Whether there is no room for a sidebar beside the screen. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}

function subscribe(listener: () => void): () => void {
  const media = matchMedia(query)
  media.addEventListener('change', listener)
  return () => media.removeEventListener('change', listener)
}
