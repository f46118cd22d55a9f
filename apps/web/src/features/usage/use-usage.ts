import { useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { paths, type UsageFilters } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { type Asked, askedOf } from './usage-query.ts'

export interface UsageView {
  filters: UsageFilters
  asked: Asked
  /** Changes some of the filters; an empty text takes one away. */
  choose: (changes: UsageFilters) => void
}

/** The filters of the address, and how to change them. */
export function useUsage(): UsageView {
  const go = useGo()
  const filters: UsageFilters = useSearch({ strict: false })
  // One moment for the life of the screen, so that its lists do not move by themselves.
  const [nowMs] = useState(() => Date.now())
  // Opening a call changes nothing of what is asked.
  const told = JSON.stringify({ ...filters, call: undefined })
  const asked = useMemo(() => {
    const stable: UsageFilters = JSON.parse(told)
    return askedOf(stable, nowMs)
  }, [told, nowMs])
  return {
    filters,
    asked,
    choose: (changes) => go(paths.usage({ ...filters, ...changes }), { replace: !('call' in changes) }),
  }
}
