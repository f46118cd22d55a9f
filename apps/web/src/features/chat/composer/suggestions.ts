/** What the text before the caret asks for: a command, or a model. */
export interface Trigger {
  readonly kind: 'command' | 'model'
  readonly query: string
  /** Where the trigger begins; the choice takes the place of everything from here to the caret. */
  readonly start: number
}

/** `/` at the very beginning opens commands; `@` at the beginning of a word opens the models. */
export function triggerAt(text: string, caret: number): Trigger | null {
  const before = text.slice(0, caret)
  const command = /^\/([\w-]*)$/.exec(before)
  if (command) return { kind: 'command', query: command[1] ?? '', start: 0 }
  const model = /(?:^|\s)@([\w./:-]*)$/.exec(before)
  if (!model) return null
  const query = model[1] ?? ''
  return { kind: 'model', query, start: caret - query.length - 1 }
}

export interface Suggestion {
  readonly id: string
  readonly title: string
  readonly hint: string
  readonly run: () => void
}

const MOST = 20

/** Those whose words contain all that was typed; beginnings first. */
export function matching(suggestions: readonly Suggestion[], query: string): Suggestion[] {
  const wanted = query.toLowerCase()
  const rank = ({ id, title }: Suggestion) =>
    id.toLowerCase().startsWith(wanted) || title.toLowerCase().startsWith(wanted) ? 0 : 1
  return suggestions
    .filter(({ id, title, hint }) => `${id} ${title} ${hint}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MOST)
}
