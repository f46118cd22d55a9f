import { say, type Script, type Section } from './script.ts'
import { wordCount } from './text.ts'

const tour = `# A tour of what answers can look like

## Text

Words can be **bold**, *italic*, ~~struck out~~ or \`code\`. A [link](https://www.postgresql.org/docs/) shows where it leads.

> A quotation stands apart, so that you see whose words they are.

## Lists

1. Steps have numbers.
2. They keep their order,
   - and may have points below them,
   - as many as needed.

- [x] A task that is done
- [ ] A task that is not

## A table

| Model | Runs | Price |
| --- | --- | ---: |
| Built-in guide | in the server | nothing |
| Ollama | on your machine | nothing |
| A cloud provider | elsewhere | by the token |

## Code

\`\`\`ts
const greet = (name: string): string => \`Good day, \${name}.\`
\`\`\`

## Mathematics

Inline as $e^{i\\pi} + 1 = 0$, or on a line of its own:

$$
\\int_0^1 x^2 \\, dx = \\frac{1}{3}
$$

---

That is the tour. Ask for *a table*, *a code block*, *a list*, *a long answer* or *a tool call* to see one alone.`

const code = `Here is a code block. It is coloured when its fence closes, and the button at its corner copies it.

\`\`\`ts
/** The first n Fibonacci numbers. */
function fibonacci(n: number): number[] {
  const numbers = [0, 1]
  while (numbers.length < n) {
    numbers.push(numbers.at(-1)! + numbers.at(-2)!)
  }
  return numbers.slice(0, n)
}

console.log(fibonacci(10).join(', '))
\`\`\`

And one in another language:

\`\`\`sql
SELECT title, updated_at
FROM conversations
WHERE archived = false
ORDER BY updated_at DESC
LIMIT 30;
\`\`\``

const table = `Here is a table. Its first column is aligned to the left, the next three are centred, its last to the right:

| Role | Chat | Members | Models | Audit log |
| :--- | :---: | :---: | :---: | ---: |
| Owner | yes | yes | yes | yes |
| Admin | yes | yes | yes | yes |
| Member | yes | see | use | no |
| Viewer | read | see | see | no |

Wide tables scroll by themselves, and the rest of the page stays where it is.`

const list = `Here is a list, with points below a point and tasks that are done or not:

1. Connect a model, or stay with me.
2. Invite your colleagues:
   - as members, who write,
   - or as viewers, who read.
3. Begin:
   - [x] Ask the guide
   - [ ] Ask a language model`

export const markdownTour = (): Script => [say(tour)]

/** What can be shown alone or together, each with the words that ask for it. */
const showpieces: readonly { asked: RegExp; heading: string; text: string }[] = [
  { asked: /\btables?\b/i, heading: 'A table', text: table },
  { asked: /\b(code|snippets?|functions?|programs?)\b/i, heading: 'Code', text: code },
  { asked: /\blists?\b/i, heading: 'A list', text: list },
]

/** Everything that a question names of a table, code and a list, under a heading each when there are several. */
export function piecesDemo(question: string): Script {
  const asked = showpieces.filter((piece) => piece.asked.test(question))
  const [only] = asked
  if (asked.length === 1 && only) return [say(only.text)]
  return [say(asked.map(({ heading, text }) => `## ${heading}\n\n${text}`).join('\n\n'))]
}

const thoughts = [
  'I was asked to show how thinking looks.',
  'A thinking model writes such lines before its answer. They are kept apart from it and folded away when the answer begins.',
  'I am not a language model, so these thoughts were written in advance. That should be said plainly.',
  'The time that thinking took is shown above the answer. That is enough; now the answer.',
]

/** Shows thoughts whether or not thinking is switched on: for this model there is no such switch. */
export const thinkingDemo = (): Script => [
  { kind: 'reasoning', text: thoughts.join('\n\n') },
  say(
    'That was a demonstration of thinking. Open the folded line above this text to read it. My thoughts are written in advance, because I am the built-in guide and not a language model; with a model that can think, you switch **Thinking** on below the message box and see what it considered.',
  ),
]

/** A call of the guide's own search, with what it really found. */
export function toolDemo(query: string, found: string): Script {
  const section: Section = { kind: 'tool', name: 'search_guide', args: { query }, output: found }
  return [
    say('I will look that up with a tool.'),
    section,
    say(
      `The card above is a tool call: its name, what it was given, and what it gave back. It ran a real search of the guide for “${query}”.`,
    ),
  ]
}

const mostWords = 20_000

/** Text of about so many words, made of the guide's own passages, again from the start when they run out. */
export function longAnswer(wanted: number, passages: readonly { heading: string; text: string }[]): Script {
  const target = Math.min(Math.max(wanted, 50), mostWords)
  let text = `This is a long answer of about ${target} words, so that you can see how a long text streams, scrolls and stops. It reads the guide aloud.`
  let count = wordCount(text)
  for (let place = 0; count < target && passages.length > 0; place += 1) {
    const passage = passages[place % passages.length]
    const part = passage?.heading
      ? `\n\n## ${passage.heading}\n\n${passage.text}`
      : `\n\n${passage?.text ?? ''}`
    const shorter = count + wordCount(part) > target ? firstWords(part, target - count) : part
    text += shorter
    count += wordCount(shorter)
  }
  return [say(text)]
}

function firstWords(text: string, count: number): string {
  const match = new RegExp(`^(?:\\s*\\S+){0,${Math.max(1, count)}}`).exec(text)
  return match?.[0] ?? ''
}
