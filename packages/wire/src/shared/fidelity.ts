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
  let further = 0

  function add(note: FidelityNote): void {
    const known = notes.some(
      ({ feature, action, detail }) =>
        feature === note.feature && action === note.action && detail === note.detail,
    )
    if (known) return
    if (notes.length < mostNotes) return void notes.push(note)
    further += 1
    notes[mostNotes] = furtherNote(further, note.action, notes[mostNotes]?.action)
  }

  return {
    dropped: (feature, detail) => add({ feature, action: 'dropped', detail }),
    renamed: (feature, detail) => add({ feature, action: 'renamed', detail }),
    defaulted: (feature, detail) => add({ feature, action: 'defaulted', detail }),
    notes,
  }
}

/** Longer reports help nobody, and requests could make them endless. */
const mostNotes = 50

/** The first notes of a report, and how many there are besides. */
export function shortened(report: FidelityReport): FidelityReport {
  if (report.length <= mostNotes + 1) return report
  const rest = report.slice(mostNotes)
  const action = rest.find((note) => note.action !== 'defaulted')?.action ?? 'defaulted'
  return [...report.slice(0, mostNotes), furtherNote(rest.length, action)]
}

/** Stands for so many notes: a loss among them stays one. */
function furtherNote(
  count: number,
  action: FidelityNote['action'],
  before: FidelityNote['action'] = action,
): FidelityNote {
  const worst = before === 'defaulted' ? action : before
  return { feature: 'more', action: worst, detail: `and ${count} more` }
}
