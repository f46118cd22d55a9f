import type { KnownValues } from './known-values.ts'
import { filterNamed, queryNames, quoted } from './query-text.ts'
import { narrowing, type TextFilter, textFilters } from './trace-filters.ts'

export interface Suggestion {
  /** The whole text after it is taken, and where the caret then stands: at its end. */
  text: string
  label: string
  /** Beside the label, in a quieter voice. */
  hint: string
}

const most = 8

const hints: Readonly<Record<(typeof narrowing)[number], string>> = {
  service: 'which application sent it',
  agent: 'which agent ran',
  model: 'a model that it called',
  environment: 'such as production',
  session: 'the conversation or job it belongs to',
  user: 'whom it served',
  status: 'error or ok',
  min: 'took at least, such as 2s',
}

/** How the last word of a query may go on: names of filters, and after a colon values that are known. */
export function suggestionsFor(text: string, known: KnownValues): Suggestion[] {
  const begun = /(?:^|\s)((?:[^\s":]+:(?:"[^"]*)?)?[^\s"]*)$/.exec(text)?.[1] ?? ''
  const before = text.slice(0, text.length - begun.length)
  const colon = begun.indexOf(':')
  if (colon < 0) {
    return narrowing
      .filter((name) => queryNames[name].startsWith(begun.toLowerCase()))
      .map((name) => ({
        text: `${before}${queryNames[name]}:`,
        label: `${queryNames[name]}:`,
        hint: hints[name],
      }))
  }
  const name = filterNamed(begun.slice(0, colon))
  if (!name) return []
  const part = begun
    .slice(colon + 1)
    .replace(/^"/, '')
    .toLowerCase()
  return valuesFor(name, known)
    .filter(({ value }) => value.toLowerCase().includes(part))
    .slice(0, most)
    .map(({ value, hint }) => ({
      text: `${before}${begun.slice(0, colon)}:${quoted(value)} `,
      label: value,
      hint,
    }))
}

function valuesFor(name: (typeof narrowing)[number], known: KnownValues): { value: string; hint: string }[] {
  if (name === 'status')
    return [
      { value: 'error', hint: 'a span failed' },
      { value: 'ok', hint: 'none failed' },
    ]
  if (name === 'min') return ['100ms', '1s', '10s', '1m'].map((value) => ({ value, hint: 'or longer' }))
  return isText(name)
    ? known[name].map(({ value, count }) => ({ value, hint: `${count.toLocaleString('en')} listed` }))
    : []
}

const isText = (name: string): name is TextFilter => textFilters.some((each) => each === name)
