import { createContext } from 'react'

/** Where a screen draws its title and actions on a phone, so that it needs no line of its own; null elsewhere. */
export const MobileSlot = createContext<HTMLElement | null>(null)
