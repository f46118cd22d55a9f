import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attachmentHeader, safeFileName } from './file-name.ts'
import { markdownHead, markdownMessage } from './markdown.ts'
import { ownConversation, ownMessage } from './own.ts'

const message = (extra: object) =>
  ownMessage.parse({
    id: 'm',
    parentId: null,
    role: 'assistant',
    content: [],
    createdAt: '2026-11-20T11:00:00.000Z',
    ...extra,
  })

test('an answer that a person has edited says so', () => {
  expect(markdownMessage(message({ model: 'o3', author: 'Ada' }))).toContain(
    '## Assistant (o3), edited by Ada\n',
  )
})

test('a message in Markdown', () => {
  const text = markdownMessage(
    message({
      model: 'o3',
      status: 'stopped',
      content: [
        { type: 'reasoning', text: 'Hm. </details> <b>', durationMs: 1234 },
        { type: 'tool_call', callId: '1', name: 'run', input: { code: '```js' } },
        { type: 'tool_result', callId: '1', name: 'run', output: 'ok', isError: false },
        { type: 'text', text: 'Yes.\n' },
        {
          type: 'file',
          fileId: '019a9f00-0000-7000-8000-0000000000ff',
          name: 'a`b.pdf',
          mediaType: 'application/pdf',
          sizeBytes: 1,
        },
        { type: 'citation', index: 1, title: 'A [b]', url: 'https://x.org/a b>', snippet: '' },
        { type: 'citation', index: 2, title: 'C', url: 'javascript:alert(1)', snippet: '' },
      ],
    }),
  )
  expect(text).toBe(`
---

## Assistant (o3)

*2026-11-20T11:00:00.000Z*

<details>
<summary>Reasoning (1.2 s)</summary>

Hm. &lt;/details> <b>

</details>

**Tool call:** \`run\`

\`\`\`\`json
{
  "code": "\`\`\`js"
}
\`\`\`\`

**Tool result:** \`run\`

\`\`\`
ok
\`\`\`

Yes.

**File:** \`\`a\`b.pdf\`\`

1. [A \\[b\\]](<https://x.org/a%20b%3E>)
2. C

*This message was not completed: stopped.*
`)
})

test('a head names the conversation on one line', () => {
  const conversation = ownConversation.parse({
    id: 'c',
    title: 'One\n# Two',
    createdAt: 'a',
    updatedAt: 'b',
    messages: [],
  })
  expect(markdownHead(conversation, new Date(0))).toMatch(/^# One # Two\n\n- Started: a\n/)
})

test.each([
  ['Plans', 'Plans.md', 'attachment; filename="Plans.md"; filename*=UTF-8\'\'Plans.md'],
  ['../../etc/passwd', 'etc passwd.md', undefined],
  [
    'Crème "brûlée" 100%',
    'Crème brûlée 100%.md',
    'attachment; filename="Creme brulee 100_.md"; filename*=UTF-8\'\'Cr%C3%A8me%20br%C3%BBl%C3%A9e%20100%25.md',
  ],
  ['日本', '日本.md', 'attachment; filename="_.md"; filename*=UTF-8\'\'%E6%97%A5%E6%9C%AC.md'],
  ['a\r\nSet-Cookie: x', 'a Set-Cookie x.md', undefined],
  ['gpj\u202Eexe', 'gpj exe.md', undefined],
  ['', 'conversation.md', undefined],
  ['...', 'conversation.md', undefined],
  ['NUL', 'conversation.md', undefined],
])('%j is saved as %j', (title, name, header) => {
  expect(safeFileName(title, 'md')).toBe(name)
  if (header) expect(attachmentHeader(name)).toBe(header)
})

test('every title gives a name and a header that are safe', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (title) => {
      const name = safeFileName(title, 'json')
      expect(name).toMatch(/^[^./\\\p{Cc}][^/\\\p{Cc}"]*\.json$/u)
      expect(name.length).toBeLessThan(100)
      expect(attachmentHeader(name)).toMatch(
        /^attachment; filename="[ !#-[\]-~]+"; filename\*=UTF-8''[\w%.~!-]+$/,
      )
    }),
    { numRuns: 200 },
  )
})
