import { createContext, use } from 'react'

/** Opens the command palette and the shortcut sheet. */
export interface PaletteControl {
  open: () => void
  openShortcuts: () => void
}

export const PaletteContext = createContext<PaletteControl | null>(null)

export function usePalette(): PaletteControl {
  const control = use(PaletteContext)
  if (!control) throw new Error('usePalette needs a PaletteProvider')
  return control
}
