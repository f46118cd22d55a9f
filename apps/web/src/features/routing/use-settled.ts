import { useEffect, useState } from 'react'

/** The value as it was when it last stood still for so long: so that typing asks once, not with every key. */
export function useSettled<T>(value: T, stillMs: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), stillMs)
    return () => clearTimeout(timer)
  }, [value, stillMs])
  return settled
}
