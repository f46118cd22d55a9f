import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { z, ZodError } from 'zod'
import { fromChatGpt } from './chatgpt.ts'
import { checkDraft } from './checks.ts'
import { fromClaude } from './claude.ts'
import { ConversationRefused, type ConversationDraft } from './draft.ts'
import { fromOwn } from './own.ts'
import { rowsOf } from './rows.ts'

const fixture = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(`__fixtures__/${name}`, import.meta.url), 'utf8'))
const list = async (name: string): Promise<unknown[]> => z.array(z.unknown()).parse(await fixture(name))

const outline = (draft: ConversationDraft): string[] =>
  draft.tree.messages.map(
    (one) =>
      `${one.parentId ?? '-'} > ${one.sourceId} ${one.role} ${one.content.map((part) => part.type).join('+')}`,
  )

test('ChatGPT: branches, current node, times and models stay; hidden nodes go', async () => {
  const [branches] = await list('chatgpt.json')
  const draft = fromChatGpt(branches, 'x')
  expect(outline(draft)).toEqual([
    '- > q1 user text',
    'q1 > a1 assistant text',
    'q1 > a2 assistant text',
    'a2 > q2 user text',
    'q2 > a3 assistant text',
    'a2 > q2b user text',
    'q2b > a4 assistant text',
  ])
  expect(draft).toMatchObject({
    sourceId: '68e1c0de-0000-8000-8000-000000000001',
    title: 'Trees in Lisbon',
    pinned: true,
    archived: false,
    createdAt: new Date(1_760_000_000_000),
    updatedAt: new Date(1_760_000_120_500),
    tree: { currentId: 'a3' },
  })
  expect(draft.tree.messages[0]?.createdAt).toEqual(new Date(1_760_000_001_250))
  expect(draft.tree.messages[2]?.model).toBe('o3')
})

test('ChatGPT: thoughts, tool call, result and citations are one answer', async () => {
  const [, tools] = await list('chatgpt.json')
  const draft = fromChatGpt(tools, 'x')
  expect(draft.archived).toBe(true)
  expect(draft.tree.currentId).toBe('c2')
  expect(draft.tree.messages.map((one) => one.content)).toEqual([
    [{ type: 'text', text: '[Image]\n\nAdd these numbers.\n\n[File: numbers.png]' }],
    [
      {
        type: 'reasoning',
        text: 'Reading the image\n\nIt shows 2 and 3.\n\nAdding\n\n2 + 3 = 5.',
        durationMs: null,
      },
      { type: 'tool_call', callId: 'c1', name: 'python', input: { text: 'print(2 + 3)' } },
      { type: 'tool_result', callId: 'c1', name: 'python', output: '5', isError: false },
      { type: 'reasoning', text: '', durationMs: 4000 },
      { type: 'text', text: 'The sum is 5 ([Sums](https://example.org/sums)).' },
      { type: 'citation', index: 1, title: 'Sums', url: 'https://example.org/sums', snippet: 'About sums.' },
    ],
    [{ type: 'text', text: 'Write it in C.' }],
    [{ type: 'text', text: '```c\nint sum = 2 + 3;\n```' }],
  ])
})

const id = (n: number): string => `0199c0de-0000-7000-8000-00000000000${n}`

test('Claude: tree, thinking, tools, attachments and the newest branch', async () => {
  const [bread] = await list('claude.json')
  const draft = fromClaude(bread)
  expect(outline(draft)).toEqual([
    `- > ${id(1)} user text+text+text`,
    `${id(1)} > ${id(2)} assistant reasoning+tool_call+tool_result+text+citation`,
    `${id(2)} > ${id(3)} user text`,
    `${id(3)} > ${id(4)} assistant text`,
    `${id(2)} > ${id(5)} user text`,
    `${id(5)} > ${id(6)} assistant text`,
  ])
  expect(draft.tree.messages[0]?.content.slice(1)).toEqual([
    { type: 'text', text: 'File "recipe.txt":\n\n500 g flour, 7 g yeast' },
    { type: 'text', text: '[File: bread.jpg]' },
  ])
  expect(draft.tree.messages[1]?.content).toEqual([
    { type: 'reasoning', text: 'Depends on warmth.', durationMs: 2500 },
    { type: 'tool_call', callId: 'toolu_1', name: 'web_search', input: { query: 'dough rising time' } },
    {
      type: 'tool_result',
      callId: 'toolu_1',
      name: 'web_search',
      output: 'Rising\nhttps://example.org/rising\nOne to two hours.',
      isError: false,
    },
    { type: 'text', text: 'One to two hours.' },
    {
      type: 'citation',
      index: 1,
      title: 'https://example.org/rising',
      url: 'https://example.org/rising',
      snippet: '',
    },
  ])
  const { messages, leafId } = rowsOf(draft, {
    workspaceId: 'w',
    personId: 'p',
    importKey: 'k',
    now: new Date(),
  })
  expect(leafId).toBe(messages[5]?.id)
})

test('Claude: an old export without a tree is a list', async () => {
  const [, old] = await list('claude.json')
  expect(outline(fromClaude(old))).toEqual(['- > m1 user text', 'm1 > m2 assistant text'])
})

test('our own: everything that the format holds', async () => {
  const { conversations } = z.object({ conversations: z.array(z.unknown()) }).parse(await fixture('own.json'))
  const draft = fromOwn(conversations[0])
  expect(draft).toMatchObject({ title: 'Plans', pinned: true, style: 'concise', thinking: true })
  expect(draft.tree.messages[0]?.content[1]).toEqual({ type: 'text', text: '[File: calendar.ics]' })
  expect(draft.tree.messages[1]?.facts).toMatchObject({
    status: 'stopped',
    costNanoUsd: '1200',
    rating: 'down',
  })
})

test('ids follow from the names alone, sort by time and differ between people', async () => {
  const [branches] = await list('chatgpt.json')
  const draft = fromChatGpt(branches, 'x')
  const rows = (personId: string) =>
    rowsOf(draft, { workspaceId: 'w', personId, importKey: 'k', now: new Date() }).messages.map(
      (one) => one.id,
    )
  expect(rows('a')).toEqual(rows('a'))
  expect(rows('a')).toEqual(rows('a').toSorted())
  expect(new Set([...rows('a'), ...rows('b')]).size).toBe(14)
  for (const id of rows('a'))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

const node = (parent: string | null, text: string) => ({
  parent,
  message: { author: { role: 'user' }, content: { content_type: 'text', parts: [text] } },
})

test('times that are missing follow the parent, and siblings of the same time keep their order', () => {
  const mapping = Object.fromEntries([
    ['a', node(null, 'a')],
    ...Array.from({ length: 9 }, (_, n) => [`z${9 - n}`, node('a', `${n}`)]),
  ])
  const { messages, conversation } = rowsOf(fromChatGpt({ create_time: 1_700_000_000, mapping }, 'x'), {
    workspaceId: 'w',
    personId: 'p',
    importKey: 'k',
    now: new Date(),
  })
  expect(conversation.createdAt).toEqual(new Date(1_700_000_000_000))
  expect(messages.slice(1).every((one) => one.createdAt.getTime() === 1_700_000_000_001)).toBe(true)
  expect(messages.map((one) => one.id)).toEqual(messages.map((one) => one.id).toSorted())
})

const single = (text: string, extra: object = {}) => ({
  uuid: 'c',
  chat_messages: [{ uuid: 'm', sender: 'human', text, ...extra }],
})

test.each([
  ['NUL', single('a\0b')],
  ['a lone surrogate', single('a\ud800b')],
  ['NUL in the title', { ...single('x'), name: 'a\0' }],
  [
    'NUL in a key of a tool call',
    single('', { content: [{ type: 'tool_use', name: 'x', input: { 'a\0': 1 } }] }),
  ],
])('a conversation with %s is refused', (_, value) => {
  expect(() => checkDraft(fromClaude(value))).toThrow(ConversationRefused)
})

test('a conversation that is too large is refused', () => {
  const chat_messages = Array.from({ length: 50_001 }, (_, n) => ({
    uuid: `${n}`,
    sender: 'human',
    text: 'x',
  }))
  expect(() => checkDraft(fromClaude({ uuid: 'c', chat_messages }))).toThrow(/50001 messages/)
  expect(() => checkDraft(fromClaude(single('x'.repeat(4_000_001))))).toThrow(/longer than/)
})

test('keys that mean something to JavaScript are data', () => {
  const mapping: unknown = JSON.parse(
    '{"__proto__":{"parent":null,"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["hi"]}}},"constructor":{"parent":"__proto__","message":{"author":{"role":"assistant"},"content":{"content_type":"text","parts":["ho"]}}}}',
  )
  expect(outline(fromChatGpt({ mapping }, 'x'))).toEqual([
    '- > __proto__ user text',
    '__proto__ > constructor assistant text',
  ])
  expect(Object.hasOwn(Object.prototype, 'parent')).toBe(false)
})

test.each([[fromChatGpt], [fromClaude], [fromOwn]])('%o refuses what has another form', (convert) => {
  for (const value of [
    null,
    1,
    'x',
    [],
    {},
    { mapping: 1 },
    { mapping: { a: 1 } },
    { uuid: 1, chat_messages: {} },
    { id: 'x', messages: [1] },
  ]) {
    expect(() => convert(value, 'x')).toThrow(ZodError)
  }
})
