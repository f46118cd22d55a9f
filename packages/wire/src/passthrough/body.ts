import { parseJson } from '../shared/json.ts'
import { openAiTraits } from '../shared/openai-models.ts'
import type { DialectName } from '../spec/dialect-name.ts'
import { memberOf, membersOf, type ObjectSpan } from './json-members.ts'

export interface Preparation {
  /** The upstream model's name, put in the place of the client's. */
  model: string
  /** Asks for usage also where the client did not, so that a stream can be metered. */
  includeUsage?: boolean
  /** A ceiling: a higher limit is lowered to it, and where there is none it becomes the limit. */
  maxOutputTokens?: number
}

export interface PreparedBody {
  body: string
  /** The client did not ask for the usage that its stream will tell: see `createPassthroughFilter`. */
  stripUsage: boolean
}

/**
 * The body to send when client and provider speak one dialect: the client's text, to the byte, but for what must
 * differ. Unknown members, the spelling of numbers and the order of keys survive. A key that comes twice is replaced
 * each time, so that no reader of the body can see another value than the one that was checked.
 *
 * `bodyText` must be a valid JSON object, else this gives nothing or a body that is no better.
 */
export function prepareBody(
  dialect: DialectName,
  bodyText: string,
  { model, includeUsage = false, maxOutputTokens }: Preparation,
): PreparedBody | undefined {
  const top = membersOf(bodyText)
  if (!top) return undefined
  const edits = new Edits(bodyText)
  for (const member of top.members) {
    if (member.key === 'model') edits.replace(member.start, member.end, JSON.stringify(model))
  }
  const stripUsage = includeUsage && dialect === 'openai-chat' && askForUsage(bodyText, top, edits)
  if (maxOutputTokens !== undefined) {
    limit(bodyText, top, limitPaths[dialect](model), maxOutputTokens, edits)
  }
  return { body: edits.apply(), stripUsage }
}

/** Whether the usage had to be asked for. */
function askForUsage(text: string, top: ObjectSpan, edits: Edits): boolean {
  const stream = memberOf(top, 'stream')
  if (!stream || text.slice(stream.start, stream.end) !== 'true') return false
  const options = top.members.filter(({ key }) => key === 'stream_options')
  if (options.length === 0) edits.insert(top, 'stream_options', '{"include_usage":true}')
  let asked = false
  for (const { start, end } of options) {
    const inner = membersOf(text, start)
    if (!inner) edits.replace(start, end, '{"include_usage":true}')
    asked = inner !== undefined && asksForUsage(text, inner, edits)
  }
  return !asked
}

function asksForUsage(text: string, options: ObjectSpan, edits: Edits): boolean {
  const members = options.members.filter(({ key }) => key === 'include_usage')
  if (members.length === 0) edits.insert(options, 'include_usage', 'true')
  let asked = false
  for (const { start, end } of members) {
    asked = text.slice(start, end) === 'true'
    if (!asked) edits.replace(start, end, 'true')
  }
  return asked
}

/** The names of the limit, from the outside in. The first name of each is the one that is written. */
const limitPaths: Record<DialectName, (model: string) => string[][]> = {
  'anthropic-messages': () => [['max_tokens']],
  'openai-chat': (model) => [
    openAiTraits(model).hosted
      ? ['max_completion_tokens', 'max_tokens']
      : ['max_tokens', 'max_completion_tokens'],
  ],
  'openai-responses': () => [['max_output_tokens']],
  gemini: () => [
    ['generationConfig', 'generation_config'],
    ['maxOutputTokens', 'max_output_tokens'],
  ],
  ollama: () => [['options'], ['num_predict']],
}

function limit(text: string, object: ObjectSpan, path: string[][], maximum: number, edits: Edits): void {
  const [names = [], ...deeper] = path
  const found = object.members.filter(({ key }) => names.includes(key))
  if (found.length === 0) edits.insert(object, names[0] ?? '', spelled(deeper, maximum))
  for (const { start, end } of found) {
    const inner = deeper.length > 0 ? membersOf(text, start) : undefined
    if (inner) limit(text, inner, deeper, maximum, edits)
    else if (deeper.length > 0 || !isWithin(text.slice(start, end), maximum)) {
      edits.replace(start, end, spelled(deeper, maximum))
    }
  }
}

/** A negative limit means none (Ollama). */
function isWithin(value: string, maximum: number): boolean {
  const given = Number(parseJson(value) ?? Number.NaN)
  return given >= 0 && given <= maximum
}

function spelled(path: string[][], maximum: number): string {
  const [names, ...deeper] = path
  return names ? `{${JSON.stringify(names[0])}:${spelled(deeper, maximum)}}` : `${maximum}`
}

/** Changes to a text, named by their places in it as it was. */
class Edits {
  #text: string
  #edits: { start: number; end: number; text: string }[] = []
  /** Objects that had no member and have one now. */
  #filled = new Set<number>()

  constructor(text: string) {
    this.#text = text
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text })
  }

  /** New members come first. */
  insert(object: ObjectSpan, key: string, value: string): void {
    const at = object.start + 1
    const member = `${JSON.stringify(key)}:${value}`
    if (object.members.length > 0) this.replace(at, at, `${member},`)
    else {
      this.replace(at, at, this.#filled.has(at) ? `,${member}` : member)
      this.#filled.add(at)
    }
  }

  apply(): string {
    if (this.#edits.length === 0) return this.#text
    const pieces: string[] = []
    let position = 0
    for (const { start, end, text } of this.#edits.toSorted((a, b) => a.start - b.start)) {
      pieces.push(this.#text.slice(position, start), text)
      position = end
    }
    pieces.push(this.#text.slice(position))
    return pieces.join('')
  }
}
