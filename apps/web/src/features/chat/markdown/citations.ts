import { createContext } from 'react'

/** Leads to a source of the answer by its number; null where there are none. */
export const CitationContext = createContext<((index: string) => void) | null>(null)
