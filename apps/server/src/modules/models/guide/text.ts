/** Words that say nothing about what is asked. */
const stopWords = new Set(
  (
    'a about all am an and any are as at be been but by can could did do does for from get give go had has have how i ' +
    'if in into is it its just let like make may me might mine more much must my need no not now of on once only or ' +
    'our out please really shall she should show so some such tell than that the their them then there these they ' +
    'this those to too us use using very want was way we were what when where which who why will with would you your ' +
    'explain describe know help possible thing things something anything work works set sets found many atrium ' +
    'someone somebody anyone anybody everyone everybody'
  ).split(' '),
)

/** Other words under which the guide speaks of the same thing. Keys and values are stems. */
const synonyms = new Map<string, readonly string[]>([
  ['upload', ['attach', 'file']],
  ['photo', ['image', 'picture']],
  ['picture', ['image']],
  ['image', ['picture']],
  ['hotkey', ['shortcut']],
  ['remove', ['delete']],
  ['erase', ['delete']],
  ['undo', ['restore']],
  ['undelete', ['restore', 'delete']],
  ['trash', ['delete', 'restore']],
  ['env', ['environment', 'variable']],
  ['price', ['cost']],
  ['expensive', ['cost', 'price']],
  ['money', ['cost', 'price']],
  ['spend', ['cost', 'price']],
  ['team', ['member', 'workspace']],
  ['colleague', ['member', 'invite']],
  ['user', ['member', 'account', 'people']],
  ['permission', ['role']],
  ['token', ['key']],
  ['login', ['sign', 'password']],
  ['branch', ['version']],
  ['fork', ['branch', 'version']],
  ['rerun', ['regenerate', 'retry']],
  ['provider', ['connection']],
  ['pdf', ['kind', 'attach']],
  ['tone', ['style']],
  ['download', ['export']],
  ['local', ['ollama', 'machine']],
  ['cancel', ['stop']],
  ['abort', ['stop']],
  ['encrypt', ['key', 'secret']],
  ['postgres', ['postgresql', 'database']],
  ['db', ['database']],
  ['big', ['large', 'size', 'mb']],
  ['limit', ['most', 'size']],
  ['store', ['live', 'folder', 'keep']],
  ['save', ['live', 'store', 'keep']],
  ['smtp', ['mail']],
  ['email', ['mail']],
  ['internet', ['offline']],
  ['gpt', ['model', 'provider', 'openai']],
  ['claude', ['model', 'provider', 'anthropic']],
  ['gemini', ['model', 'provider', 'google']],
  ['add', ['connect', 'create', 'invite']],
  ['chat', ['conversation']],
  ['theme', ['dark', 'light', 'appearance']],
  ['mode', ['theme']],
  ['secret', ['private']],
  ['private', ['privacy']],
  ['data', ['conversation']],
])

/** Lower case, and the commonest English endings taken off, so that `branches` meets `branch`. */
export function stem(word: string): string {
  const lower = word.toLowerCase().replace(/['’]s?$/, '')
  if (lower.length < 4 || /\d/.test(lower)) return lower
  return lower
    .replace(/(ches|shes|sses|xes)$/, (ending) => ending.slice(0, -2))
    .replace(/ies$/, 'y')
    .replace(/([^s])s$/, '$1')
    .replace(/(?<=[a-z]{3})(ing|ed)$/, '')
    .replace(/([^aeioulsz])\1$/, '$1')
    .replace(/(?<=[a-z]{3})e$/, '')
}

const stemmedSynonyms = new Map([...synonyms].map(([word, others]) => [stem(word), others.map(stem)]))

/** The words of a text as the index knows them, fillers left out, in order, repeats kept. */
export function termsOf(text: string): string[] {
  return words(text)
    .filter((word) => !stopWords.has(word.toLowerCase()))
    .map(stem)
    .filter((term) => term.length > 1)
}

/** Words of any script; underscores and dots inside names stay, so that `OLLAMA_HOST` is one word. */
export const words = (text: string): string[] => text.match(/[\p{L}\p{N}]+(?:['’_][\p{L}\p{N}]+)*/gu) ?? []

/** Terms that mean the same for the guide. */
export const synonymsOf = (term: string): readonly string[] => stemmedSynonyms.get(term) ?? []

/** Sentences of plain prose, in order. */
export function sentencesOf(text: string): string[] {
  const segments = new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)
  return [...segments].map(({ segment }) => segment.trim()).filter((sentence) => sentence.length > 0)
}

export const wordCount = (text: string): number => text.split(/\s+/).filter(Boolean).length
