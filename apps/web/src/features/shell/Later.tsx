import { type ReactNode, useEffect, useState } from 'react'

const delayMs = 1500

/** Draws its content once the first screen stands: for what nobody waits for. */
export function Later({ children }: { children: ReactNode }) {
  const [due, setDue] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), delayMs)
    return () => clearTimeout(timer)
  }, [])
  return due && children
}
