import type { Draft } from '../data/use-actions.ts'

/** What the rest of the screen may do to the composer. */
export interface ComposerHandle {
  focus: () => void
  /** Adds a paragraph, such as a quotation. */
  insert: (text: string) => void
  /** Takes a message back for more writing. */
  take: (draft: Draft) => void
}
