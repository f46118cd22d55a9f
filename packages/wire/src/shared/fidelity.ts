import type { FidelityNote, FidelityReport } from '../spec/fidelity.ts'

/** Collects what a translation could not carry over; the same note is kept once. */
export interface FidelityCollector {
  dropped(feature: string, detail: string): void
  renamed(feature: string, detail: string): void
  defaulted(feature: string, detail: string): void
  readonly notes: FidelityReport
}

export function createFidelity(): FidelityCollector {
  const notes: FidelityReport = []

  function add(note: FidelityNote): void {
    const known = notes.some(
      ({ feature, action, detail }) =>
        feature === note.feature && action === note.action && detail === note.detail,
    )
    if (!known) notes.push(note)
  }

  return {
    dropped: (feature, detail) => add({ feature, action: 'dropped', detail }),
    renamed: (feature, detail) => add({ feature, action: 'renamed', detail }),
    defaulted: (feature, detail) => add({ feature, action: 'defaulted', detail }),
    notes,
  }
}
