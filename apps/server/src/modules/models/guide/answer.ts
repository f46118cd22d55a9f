import type { RoutedRequest } from '../types.ts'
import { composeAnswer, summarise, titleOf } from './compose.ts'
import { passagesOf, readConversation, type Conversation } from './conversation.ts'
import { longAnswer, markdownTour, piecesDemo, thinkingDemo, toolDemo } from './demos.ts'
import type { Library } from './library.ts'
import { continueAfter, say, type Script, type Section } from './script.ts'
import { createIndex, type Hit } from './search.ts'
import { titleOf as conversationTitle } from './title.ts'
import { termsOf } from './text.ts'

/** Decides a whole answer. The same request always gives the same one. */
export function answer(request: RoutedRequest, library: Library): Script {
  const conversation = readConversation(request)
  const thinking = request.thinking?.enabled === true
  const script = demonstration(conversation, library) ?? lookUp(conversation, library, thinking)
  return continueAfter(script, conversation.begun)
}

/** A title for a conversation, from what the person wrote first. Chat sends it as `User: …`, then `Assistant: …`. */
export function titleScript(request: RoutedRequest): Script {
  const { question, earlierMessages } = readConversation(request)
  const first = earlierMessages.at(-1) ?? question
  return [say(conversationTitle(first.replace(/^User: /, '').replace(/\n\nAssistant: [\s\S]*$/, '')))]
}

type Demo = (conversation: Conversation, library: Library) => Script

const wish = String.raw`\b(show|give|make|write|draw|demo(nstrate)?|example|try|see|need|want|do|run|use|call|with|test|please|send)\b`
const number = /(\d[\d ,.']{0,8})\s*-?\s*words?/i

/** What is recognised by its phrase, the first match winning. */
const demos: readonly (readonly [RegExp, Demo])[] = [
  [
    /\b(long|lengthy|\d{3,5}[ -]?words?)\b.*\b(answer|text|reply|response|story|essay|words?)\b|\bwords?\b.*\blong\b/i,
    (c, library) => longAnswer(wordsWanted(c.question), library.passages),
  ],
  [
    /\b(tour|everything you can (show|render)|kitchen sink)\b|\bmarkdown\b.*\b(demo|example|show|tour|sample)\b|\b(demo|example|show|sample)\b.*\bmarkdown\b/i,
    markdownTour,
  ],
  [
    new RegExp(`${wish}.*\\btools?\\b( call)?|\\btool call\\b.*(demo|example)`, 'i'),
    (c, library) => toolCall(c.question, library),
  ],
  [
    /\b(show|demo|demonstrate|example|try)\b.*\b(thinking|reasoning|think|thoughts)\b|\b(thinking|reasoning) (demo|example)/i,
    () => thinkingDemo(),
  ],
  [
    // A list of something is a question; a list for its own sake is a wish.
    /\b(show|give|make|write|example|demo|render)\b.*\b(tables?|code|snippets?|functions?|programs?|(an?|some|\w+ed) lists?(?! of))\b/i,
    (c) => piecesDemo(c.question),
  ],
  [
    /^\W*(hi|hello|hey|good (morning|afternoon|evening)|hola|hallo|bonjour)\W*(there|guide|atrium)?\W*$/i,
    (_c, library) => [say(greeting(library))],
  ],
  [
    /\b(who|what) are you\b|\bwhat can you (do|show)\b|\bare you (an? )?(ai|language model|llm|bot|human|chatgpt|claude|gpt)\b|^\W*help( me)?\W*$/i,
    (_c, library) => [say(greeting(library))],
  ],
  [
    /^\W*(thanks?( you)?( very much| a lot)?|thx|cheers|great|perfect|ok(ay)?)\W*$/i,
    () => [say('You are welcome. Ask me anything about Atrium.')],
  ],
]

function demonstration(conversation: Conversation, library: Library): Script | undefined {
  const { question, attached } = conversation
  if (attached.length > 0 || question.length > 300) return undefined
  for (const [pattern, demo] of demos) {
    if (pattern.test(question) && !/^\W*(how|why|where|when|can i|may i)\b/i.test(question))
      return demo(conversation, library)
  }
  return undefined
}

function wordsWanted(question: string): number {
  const digits = number.exec(question)?.[1]?.replaceAll(/\D/g, '')
  return digits ? Number(digits) : 800
}

function toolCall(question: string, library: Library): Script {
  const topic =
    /\b(?:about|for|on|find|search(?! for))\s+(.{3,80}?)[\s.?!]*$/i.exec(question)?.[1] ??
    'connect a provider'
  const query = termsOf(topic).length > 0 && !/\btools?\b/i.test(topic) ? topic : 'connect a provider'
  const hits = library.index.search(query, 3)
  const lines = hits.map(
    ({ passage }, place) => `${place + 1}. ${titleOf(passage)}\n   ${passage.text.split('\n')[0] ?? ''}`,
  )
  return toolDemo(query, lines.length > 0 ? lines.join('\n') : 'Nothing was found.')
}

const refersToTexts =
  /\b(attach\w*|file|document|text|csv|log|upload\w*|above|earlier|i (said|wrote|told|mentioned|sent)|my (message|note|list|data)|previous|conversation)\b/i
const asksForSummary =
  /\b(summar\w+|tl;?dr|gist|main points|key points|what (does|is in|do) (this|the|these) (file|text|document|files)\w*|overview of (this|the) (file|text|document))\b/i
/** More than half of the words that matter. */
const enough = 0.51

/** “What is Atrium?”, “What can it do?”: nothing else is named. */
const isAboutProduct = (question: string): boolean =>
  termsOf(question).length === 0 &&
  /\b(atrium|what('s| is) (this|it)|what can (it|this|i) do)\b/i.test(question)

function lookUp(conversation: Conversation, library: Library, thinking: boolean): Script {
  const { question, attached, earlierDocuments } = conversation
  const documents = attached.length > 0 ? attached : earlierDocuments
  if (documents.length > 0 && (question === '' || asksForSummary.test(question))) return summaries(documents)
  if (library.overview && documents.length === 0 && isAboutProduct(question))
    return composeAnswer(question, [{ passage: library.overview, score: 1, coverage: 1 }])
  const own = createIndex(passagesOf(conversation)).search(question)
  const guide = library.index.search(question)
  const hits = choose(guide, own, attached.length > 0, refersToTexts.test(question))
  const thought = thinking ? [reasoning(question, library, guide, own, hits)] : []
  if (hits.length === 0) return [...thought, say(nothingFound(question, library))]
  return [...thought, ...composeAnswer(question, hits)]
}

/** Passages of the guide or of the conversation: what was attached now counts most, then whichever meets the question better. */
function choose(guide: readonly Hit[], own: readonly Hit[], attached: boolean, refers: boolean): Hit[] {
  const best = { guide: guide[0]?.coverage ?? 0, own: own[0]?.coverage ?? 0 }
  const handicap = attached ? -0.2 : refers ? 0 : 0.3
  const preferOwn = best.own > 0 && best.own >= best.guide + handicap
  const [chosen, coverage] = preferOwn ? [own, best.own] : [guide, best.guide]
  const least = preferOwn && (attached || refers) ? 0.3 : enough
  if (coverage < least) return []
  return [...chosen]
}

function reasoning(
  question: string,
  library: Library,
  guide: readonly Hit[],
  own: readonly Hit[],
  hits: readonly Hit[],
): Section {
  const terms = [...new Set(termsOf(question))]
  const best = hits[0]
  const verdict = best
    ? `The best match is “${titleOf(best.passage)}”, which speaks of ${Math.round(best.coverage * 100)} % of those words. I answer from there.`
    : 'None of them speaks of enough of those words, so I should say that I do not know.'
  return {
    kind: 'reasoning',
    text: `The words that matter: ${terms.join(', ') || 'none'}.\n\nI searched ${library.index.size} passages of the guide (${guide.length} came close) and the texts of this conversation (${own.length} came close).\n\n${verdict}`,
  }
}

function summaries(documents: readonly { name: string; text: string }[]): Script {
  const parts = documents
    .slice(0, 3)
    .map(
      ({ name, text }, place) =>
        `**${name}** [${place + 1}]\n\n${summarise(text) || '- (The text is empty.)'}`,
    )
  const note =
    'I picked these sentences by how much of the text’s own vocabulary they carry; I am the built-in guide, not a language model, so nothing is rephrased.'
  const sources = documents
    .slice(0, 3)
    .map(({ name, text }): Section => ({ kind: 'source', title: name, snippet: text.slice(0, 220) }))
  return [say(`${parts.join('\n\n')}\n\n${note}`), ...sources]
}

function pagesOf(library: Library): string {
  return [...new Set(library.passages.map(({ title }) => title))].map((title) => `*${title}*`).join(', ')
}

function greeting(library: Library): string {
  return `Good day. I am the built-in guide of Atrium, not a language model: I look things up in the guide and in the texts of this conversation, work offline, and always give the same answer to the same question.

You can ask me, for example:

- How do I connect a model?
- How do I import my conversations from ChatGPT?
- What happens to a conversation that I delete?
- Attach a text file and ask about it.

I can also show what answers look like: *a markdown tour*, *a table*, *a code block*, *a list*, *a tool call*, *a long answer of 2000 words*.

The guide has these pages: ${pagesOf(library)}.`
}

function nothingFound(question: string, library: Library): string {
  const about =
    question === ''
      ? 'There was no question in your message.'
      : 'I found nothing about that in the guide or in this conversation.'
  return `${about} I am the built-in guide, not a language model, so I can only answer from texts that I have.

To ask anything at all, choose a language model below the message box. If there is none yet, an owner or admin can connect one: **Settings › Models › Connect a provider**, or install Ollama on this machine.

The guide has these pages: ${pagesOf(library)}.`
}
