import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ReplyPart, RoutedRequest } from '../types.ts'
import { answer, titleScript } from './answer.ts'
import { createGuide } from './guide.ts'
import { openLibrary, type Library } from './library.ts'
import type { Script } from './script.ts'

const folder = fileURLToPath(new URL('../../../../../../docs/guide/', import.meta.url))
let library: Library

beforeAll(async () => {
  library = await openLibrary(folder)
})

const ask = (...texts: string[]): RoutedRequest => ({
  stream: true,
  messages: [{ role: 'user', content: texts.map((text) => ({ type: 'text', text })) }],
})

const textOf = (script: Script): string =>
  script.map((section) => (section.kind === 'text' ? section.text : '')).join('')
const sourcesOf = (script: Script): string[] =>
  script.flatMap((section) => (section.kind === 'source' ? [section.title] : []))

describe('a question about the product', () => {
  it.each([
    ['How do I connect a model?', 'Models and connections › Connect a provider'],
    ['how can I add my openai api key', 'Models and connections › Connect a provider'],
    ['Where is my data stored?', 'Backup and data › Where data lives'],
    ['How do I change my password?', 'Security › Passwords and sessions'],
    ['I forgot my password', 'Security › Forgotten password'],
    ['How many files can I attach and how big?', 'Attachments › How large and how many'],
    ['Can I upload a PDF?', 'Attachments › What can be attached'],
    ['How do I import my ChatGPT conversations?', 'Import and export › Import from ChatGPT or Claude'],
    ['which environment variable sets the port', 'Configuration › Address and port'],
    ['What can a viewer do?', 'Members and roles › Roles'],
    ['how to invite a colleague', 'Members and roles › Invite people'],
    ['Does it work without internet?', 'Offline › Without the internet'],
    ['keyboard shortcuts', 'Keyboard shortcuts › All shortcuts'],
    ['How do I stop an answer?', 'Chat › Stop an answer'],
    ['how do I regenerate a reply with another model', 'Editing and branches › Regenerate an answer'],
    ['Can I undo deleting a conversation?', 'Chat › Pin, archive and delete a conversation'],
    ['How do I make my own style?', 'Styles and instructions › Make your own style'],
    ['ollama is not found', 'Ollama › Ollama problems'],
    ['How do I create an API key?', 'API keys and the API › Create an API key'],
    ['how do I make a backup', 'Backup and data › Make a backup'],
    ['what happens if the disk is full', 'Backup and data › If the disk is full'],
    ['why does the cost say unknown', 'Models and connections › Prices and costs'],
    ['What can Atrium do?', 'About Atrium › What Atrium is and what it can do'],
    ['What is Atrium?', 'About Atrium › What Atrium is and what it can do'],
    ['what is this?', 'About Atrium › What Atrium is and what it can do'],
    ['How are my conversations stored?', 'About Atrium › Where your conversations are stored'],
    ['How do I invite someone?', 'Members and roles › Invite people'],
    ['how do I add gpt-4', 'Models and connections › Connect a provider'],
    ['is my data private', 'About Atrium › Who can see your conversations: privacy'],
    ['who can see my chats?', 'About Atrium › Who can see your conversations: privacy'],
    ['can I share a conversation', 'About Atrium › Share a conversation'],
    ['dark mode', 'About Atrium › Light and dark'],
    ['how do i delete my account', 'About Atrium › Delete or close your account'],
    ['how does search work', 'Search › How search works'],
  ])('“%s” is answered from %s', (question, source) => {
    expect(sourcesOf(answer(ask(question), library))).toContain(source)
  })

  it('of a text without full stops is summed up briefly', () => {
    const text = 'words without an end '.repeat(6000)
    expect(textOf(answer(ask(text), library)).length).toBeLessThan(2000)
  })

  it('is answered in words, with numbered citations that exist', () => {
    const script = answer(ask('How do I connect a model?'), library)
    const text = textOf(script)
    expect(text).toContain('Connect a provider')
    const marks = new Set([...text.matchAll(/\[(\d)\]/g)].map((match) => Number(match[1])))
    expect(marks.size).toBe(sourcesOf(script).length)
  })

  it('names further passages by number, and lists them among the sources', () => {
    const script = answer(ask('How do I connect a model?'), library)
    const related = /See also: (.+)\.$/.exec(textOf(script))?.[1] ?? ''
    const named = [...related.matchAll(/\*([^*]+)\* \[(\d)\]/g)]
    expect(named.length).toBeGreaterThan(0)
    for (const [, title, number] of named) expect(sourcesOf(script)[Number(number) - 1]).toBe(title)
  })

  it('is quoted as it reads: no signs of Markdown, and no blanks where they stood', () => {
    for (const passage of library.passages) {
      const script = answer(ask(`${passage.heading} ${passage.title}`), library)
      for (const section of script) {
        if (section.kind === 'source') expect(section.snippet).not.toMatch(/\s[,.;:!?](?=\s|$)|\*\*|`|\]\(/)
      }
      expect(textOf(script)).not.toMatch(/\]\([\w-]+\.md/)
    }
  })

  it('gets the same answer every time', () => {
    const question = ask('How do roles work?')
    expect(answer(question, library)).toEqual(answer(question, library))
  })

  it('is met with honesty when the guide has nothing about it', () => {
    for (const question of [
      'What is the capital of France?',
      'Write a poem about autumn leaves',
      'How do I bake bread?',
      '???',
    ]) {
      const script = answer(ask(question), library)
      expect(sourcesOf(script), question).toEqual([])
      expect(textOf(script), question).toContain('not a language model')
    }
  })
})

describe('a question about what was sent', () => {
  const report = `Quarterly report.\n\nRevenue in the north grew by eleven percent, mostly from repairs.\n\nThe harbour crane in Rostock broke in May and cost 40,000 euros to mend.\n\nTwo apprentices finished their training.`

  it('is answered from a text file that came with it, citing the file', () => {
    const script = answer(
      ask(`File "report.txt":\n\n${report}`, 'What did the crane in Rostock cost?'),
      library,
    )
    expect(textOf(script)).toContain('40,000 euros')
    expect(sourcesOf(script)).toEqual(['report.txt'])
  })

  it('is answered from a file of an earlier message when the question refers to it', () => {
    const request: RoutedRequest = {
      stream: true,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: `File "report.txt":\n\n${report}` },
            { type: 'text', text: 'Here is my report.' },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: 'Thank you.' }] },
        {
          role: 'user',
          content: [{ type: 'text', text: 'According to the file, how much did revenue in the north grow?' }],
        },
      ],
    }
    expect(textOf(answer(request, library))).toContain('eleven percent')
  })

  it('gives a summary of sentences from the file when asked for one', () => {
    const text = textOf(answer(ask(`File "report.txt":\n\n${report}`, 'Summarise this file'), library))
    expect(text).toContain('report.txt')
    expect(text.match(/^- /gm)?.length).toBeGreaterThan(2)
  })

  it('takes a large file without stalling', () => {
    const large = Array.from(
      { length: 20_000 },
      (_, line) => `Line ${line} speaks of barley, oats and crane number ${line}.`,
    ).join('\n')
    const begun = performance.now()
    answer(ask(`File "large.txt":\n\n${large}`, 'What is said of crane number 17?'), library)
    expect(performance.now() - begun).toBeLessThan(500)
  })
})

describe('on request', () => {
  it('shows a tour of Markdown, a table, and code', () => {
    expect(textOf(answer(ask('Give me a markdown tour'), library))).toMatch(/# .*\| --- \|.*```ts/s)
    expect(textOf(answer(ask('show me a table'), library))).toContain('| ---: |')
    expect(textOf(answer(ask('Show me a code block'), library))).toContain('```ts')
  })

  it('shows everything that is asked for at once: a table, code and a list', () => {
    const starter = 'Show me what an answer can look like: a table, code and a list'
    const text = textOf(answer(ask(starter), library))
    expect(text).toContain('| ---: |')
    expect(text).toContain('```ts')
    expect(text).toMatch(/^1\. /m)
    const list = textOf(answer(ask('show me a list'), library))
    expect(list).toMatch(/^1\. /m)
    expect(list).not.toContain('| ---: |')
    expect(sourcesOf(answer(ask('Give me a list of keyboard shortcuts'), library))).not.toEqual([])
  })

  it.each([
    ['Write a long answer of 2000 words', 2000],
    ['long answer of 500 words please', 500],
    ['give me a 3,000 word essay', 3000],
  ])('“%s” gives about so many', (question, count) => {
    const words = textOf(answer(ask(question), library)).split(/\s+/).length
    expect(words).toBeGreaterThan(count * 0.95)
    expect(words).toBeLessThan(count * 1.05)
  })

  it('calls its own search as a tool, with what it really found', () => {
    const script = answer(ask('Use a tool to search for backups'), library)
    const call = script.find((section) => section.kind === 'tool')
    expect(call).toMatchObject({ name: 'search_guide', args: { query: 'backups' } })
    expect(call?.kind === 'tool' && call.output).toContain('Backup and data')
  })

  it('shows how thinking looks, though it has no switch for it', () => {
    const [first] = answer(ask('Show me thinking'), library)
    expect(first?.kind).toBe('reasoning')
  })

  it('thinks only when thinking is on', () => {
    const request = ask('How do I connect a model?')
    const thinks = (script: Script): boolean => script.some((section) => section.kind === 'reasoning')
    expect(thinks(answer(request, library))).toBe(false)
    expect(thinks(answer({ ...request, thinking: { enabled: true } }, library))).toBe(true)
  })

  it('does not mistake a question about a feature for a wish to see it', () => {
    expect(sourcesOf(answer(ask('How do I write my own style?'), library))).not.toEqual([])
    expect(sourcesOf(answer(ask('Where do I switch thinking on?'), library))).toContain('Chat › Thinking')
  })
})

describe('a title', () => {
  const title = (text: string): string =>
    textOf(titleScript(ask(`User: ${text}\n\nAssistant: Certainly. Here is more.`)))

  it.each([
    ['How do I connect a model?', 'Connect a model'],
    ['hi there, can you please help me with my tax declaration for 2025?', 'My tax declaration for 2025'],
    ['Explain the difference between TCP and UDP', 'Difference between TCP and UDP'],
    ['```js\nconsole.log(1)\n```\nWhy does this print 1?', 'Why does this print 1?'],
    ['Wie richte ich das ein?', 'Wie richte ich das ein?'],
    ['Show me what an answer can look like: a table, code and a list', 'What an answer can look like'],
    [
      'What happens to a conversation that I delete after thirty days and where does it go',
      'What happens to a conversation that I delete',
    ],
    ['Write an email to my landlord asking to repair the broken kitchen window', 'Email to my landlord'],
    [
      'Turn my quarterly report about revenue growth into slides for the board meeting',
      'Turn my quarterly report about revenue growth',
    ],
    ['Where is my data stored?', 'Where is my data stored?'],
    ['hello', 'Hello'],
    ['???', 'New conversation'],
  ])('of “%s” is “%s”', (text, expected) => {
    expect(title(text)).toBe(expected)
  })

  it('never ends on a word that promises more', () => {
    const question =
      'Could you compare the costs and the benefits of moving our small shop from the old town to a larger building near the harbour'
    const all = question.split(' ')
    for (const from of all.keys()) {
      const cut = title(all.slice(from).concat('and what it would take in the following years').join(' '))
      expect(cut, all.slice(from).join(' ')).not.toMatch(
        / (the|and|of|our|from|to|a|near|what|it|would|in|moving)$/i,
      )
    }
  })

  it('is short, whatever was written', () => {
    for (const text of ['x'.repeat(5000), '🙂'.repeat(500), 'word '.repeat(400)]) {
      expect(title(text).length).toBeLessThanOrEqual(56)
      expect(title(text).isWellFormed()).toBe(true)
    }
  })
})

describe('streaming', () => {
  const run = async (
    request: RoutedRequest,
    tokensPerSecond: number,
    signal = new AbortController().signal,
  ) => {
    const parts: ReplyPart[] = []
    const guide = createGuide({ pace: { tokensPerSecond } })
    const finish = await guide.run('chat', request, signal, (more) => parts.push(...more))
    return { parts, finish }
  }

  it('gives the parts of a reply in order: every block is begun, written and ended', async () => {
    const { parts, finish } = await run(ask('use a tool please'), 0)
    const types = parts.map((part) => part.type).filter((type, place, all) => type !== all[place - 1])
    expect(types).toEqual([
      'text-start',
      'text-delta',
      'text-end',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
      'tool-call',
      'tool-result',
      'text-start',
      'text-delta',
      'text-end',
    ])
    expect(finish.reason.unified).toBe('stop')
    expect(finish.usage.output.text).toBeGreaterThan(10)
  })

  it('goes on exactly where a partial answer ended', async () => {
    const question = ask('Write a long answer of 300 words')
    const whole = textOf(answer(question, library))
    const begun = whole.slice(0, 700)
    const request: RoutedRequest = {
      ...question,
      messages: [...question.messages, { role: 'assistant', content: [{ type: 'text', text: begun }] }],
    }
    expect(begun + textOf(answer(request, library))).toBe(whole)
  })

  it('keeps its pace, first word at once', async () => {
    const begun = performance.now()
    let first = 0
    const guide = createGuide({ pace: { tokensPerSecond: 400 } })
    await guide.run(
      'chat',
      ask('show me a table'),
      new AbortController().signal,
      () => (first ||= performance.now() - begun),
    )
    const tookMs = performance.now() - begun
    expect(first).toBeLessThan(150)
    expect(tookMs).toBeGreaterThan(150)
  })

  it('stops at once when aborted', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('stopped')), 50)
    const begun = performance.now()
    await expect(run(ask('long answer of 5000 words'), 120, controller.signal)).rejects.toThrow()
    expect(performance.now() - begun).toBeLessThan(300)
  })

  it('ends by length when it reaches the most tokens allowed', async () => {
    const { finish, parts } = await run({ ...ask('long answer of 500 words'), maxOutputTokens: 20 }, 0)
    expect(finish.reason.unified).toBe('length')
    expect(finish.usage.output.text).toBe(20)
    expect(parts.at(-1)?.type).toBe('text-end')
  })
})
