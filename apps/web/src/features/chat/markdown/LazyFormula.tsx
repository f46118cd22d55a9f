import { lazyPart } from '../../../routes/lazy-part.tsx'

interface FormulaProps {
  source: string
  display: boolean
}

const Source = ({ source, display }: FormulaProps) => (
  <code className={`font-mono text-[0.875em] ${display ? 'block whitespace-pre-wrap' : ''}`}>{source}</code>
)

/** A formula; its source until the typesetter is there, and where it cannot be read. */
export const Formula = lazyPart<FormulaProps>(async () => (await import('./Formula.tsx')).Formula, {
  Waiting: Source,
  Failed: Source,
})
