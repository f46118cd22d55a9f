import { durationMsOf } from './duration.ts'
import { narrowing, type TraceSearch } from './trace-filters.ts'

type Narrowing = (typeof narrowing)[number]

/** How the filters are called in the query bar. */
export const queryNames: Readonly<Record<Narrowing, string>> = {
  service: 'service',
  agent: 'agent',
  model: 'model',
  environment: 'env',
  session: 'session',
  user: 'user',
  status: 'status',
  min: 'min',
}

/** The filters as the query bar shows them: `agent:shopper status:error`. */
export function queryTextOf(search: TraceSearch): string {
  return narrowing
    .flatMap((name) => {
      const value = search[name]
      return value === undefined ? [] : [`${queryNames[name]}:${quoted(value)}`]
    })
    .join(' ')
}

export type ReadQuery =
  | { ok: true; search: Record<Narrowing, string> }
  /** What is wrong, in a sentence. */
  | { ok: false; problem: string }

/** What somebody wrote in the query bar; filters that it does not name are empty. */
export function readQuery(text: string): ReadQuery {
  const search: Record<string, string> = Object.fromEntries(narrowing.map((name) => [name, '']))
  for (const word of wordsOf(text)) {
    const colon = word.indexOf(':')
    const value = unquoted(word.slice(colon + 1))
    const name = colon > 0 ? filterNamed(word.slice(0, colon)) : null
    if (colon <= 0) return wrong(`Write “${word}” with what it is, such as agent:${word}.`)
    if (!name) return wrong(`There is no filter “${word.slice(0, colon)}”. There are ${allNames}.`)
    if (value === '') return wrong(`${word.slice(0, colon)}: needs a value.`)
    const problem = problemOf(name, value)
    if (problem) return wrong(problem)
    search[name] = value
  }
  return { ok: true, search }
}

const wrong = (problem: string): ReadQuery => ({ ok: false, problem })

const allNames = Object.values(queryNames).join(', ')

/** The filter by its name in the query bar or in the address. */
export function filterNamed(name: string): Narrowing | null {
  const small = name.toLowerCase()
  return narrowing.find((each) => each === small || queryNames[each] === small) ?? null
}

function problemOf(name: Narrowing, value: string): string | null {
  if (name === 'status' && value !== 'error' && value !== 'ok') return 'status: is either error or ok.'
  if (name === 'min' && durationMsOf(value) === null) {
    return `“${value}” is no duration. Write 250ms, 1.5s or 2m.`
  }
  return null
}

/** Words between spaces; quotes hold spaces together. */
const wordsOf = (text: string): string[] => text.match(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g) ?? []

export const quoted = (value: string): string =>
  /[\s"\\]/.test(value) ? `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"` : value

const unquoted = (value: string): string =>
  value.startsWith('"')
    ? value
        .slice(1)
        .replace(/(?<!\\)"$/, '')
        .replaceAll(/\\(.)/g, '$1')
    : value
