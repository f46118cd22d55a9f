import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue, Message } from '../index.ts'
import { geminiInbound as inbound } from './inbound.ts'

const dialect = 'gemini'

function messagesOf(...contents: JsonValue[]): Message[] {
  return inbound.decodeRequest({ contents }, { model: 'gemini-2.5-flash' }).request.messages
}

const user = (...parts: JsonObject[]) => ({ role: 'user', parts })
const model = (...parts: JsonObject[]) => ({ role: 'model', parts })
const own = (data: JsonObject) => ({ dialect: 'gemini' as const, data })

describe('contents', () => {
  test('are turns; text that continues text is joined, as are turns of the model', () => {
    expect(
      messagesOf(
        { parts: [{ text: 'a' }, { text: 'b' }] },
        model({ text: 'Hel' }, { text: 'lo' }),
        model({ text: '', thoughtSignature: 'T' }, { text: '!' }),
        model({ text: '' }),
        user({ text: 'c' }),
      ),
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Hello' },
          { type: 'text', text: '', providerData: own({ thoughtSignature: 'T' }) },
          { type: 'text', text: '!' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'c' }] },
    ])
  })

  test('may be one turn of one part, as examples for curl have it', () => {
    const body = { contents: { parts: { text: 'a' } }, system_instruction: { parts: { text: 'Be brief.' } } }
    expect(inbound.decodeRequest(body, { model: 'models/gemini-2.5-flash' }).request).toMatchObject({
      model: 'gemini-2.5-flash',
      stream: false,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }],
    })
  })

  test('may be in snake case', () => {
    expect(
      messagesOf(
        user({ inline_data: { mime_type: 'image/png', data: 'AA==' } }),
        model({ function_call: { name: 'f' }, thought_signature: 'S' }),
        user({ function_response: { name: 'f', response: { output: 'r' } } }),
      ),
    ).toMatchObject([
      { content: [{ type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' } }] },
      { content: [{ type: 'tool-call', name: 'f', args: {}, providerData: own({ thoughtSignature: 'S' }) }] },
      { role: 'tool', content: [{ toolName: 'f', content: [{ text: 'r' }] }] },
    ])
  })

  test.each<[JsonObject, object]>([
    [
      { inlineData: { mimeType: 'application/pdf', data: 'BB==', displayName: 'a.pdf' } },
      {
        type: 'file',
        filename: 'a.pdf',
        source: { kind: 'base64', mimeType: 'application/pdf', data: 'BB==' },
      },
    ],
    [
      { fileData: { fileUri: 'https://x/y.png', mimeType: 'image/png' } },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png', mimeType: 'image/png' } },
    ],
    [
      { fileData: { fileUri: 'https://youtu.be/x' } },
      { type: 'file', source: { kind: 'url', url: 'https://youtu.be/x' } },
    ],
    [
      {
        fileData: {
          fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a',
          mimeType: 'image/png',
        },
      },
      {
        type: 'image',
        source: {
          kind: 'reference',
          dialect,
          id: 'https://generativelanguage.googleapis.com/v1beta/files/a',
          mimeType: 'image/png',
        },
      },
    ],
    [
      { fileData: { fileUri: 'gs://bucket/a' } },
      { type: 'file', source: { kind: 'reference', dialect, id: 'gs://bucket/a' } },
    ],
  ])('hold %j', (part, expected) => {
    expect(messagesOf(user(part))).toEqual([{ role: 'user', content: [expected] }])
  })

  test('keep thoughts, images and what Gemini ran, with their signatures', () => {
    const image = { inlineData: { mimeType: 'image/png', data: 'AA==' } }
    const code = { executableCode: { language: 'PYTHON', code: '1' } }
    expect(
      messagesOf(
        user({ text: 'x' }),
        model(
          { text: 'why', thought: true },
          { text: '', thought: true, thoughtSignature: 'R' },
          { ...image, thoughtSignature: 'I' },
          code,
          { thought: true },
        ),
      )[1],
    ).toEqual({
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'why' },
        { type: 'reasoning', text: '', providerData: own({ thoughtSignature: 'R' }) },
        {
          type: 'image',
          source: { kind: 'base64', mimeType: 'image/png', data: 'AA==' },
          providerData: own({ thoughtSignature: 'I' }),
        },
        { type: 'provider-item', providerData: own(code) },
      ],
    })
  })
})

describe('calls', () => {
  const response = (name: string, output: JsonValue, id?: string) => ({
    functionResponse: { ...(id !== undefined && { id }), name, response: { output } },
  })
  const call = (name: string, args?: JsonObject, id?: string) => ({
    functionCall: { name, ...(args && { args }), ...(id !== undefined && { id }) },
  })

  function pairs(messages: Message[]): [string, string][] {
    const names = new Map<string, string>()
    const found: [string, string][] = []
    for (const message of messages) {
      for (const part of message.content) {
        if (part.type === 'tool-call') names.set(part.id, JSON.stringify(part.args))
        if (part.type !== 'tool-result') continue
        const [content] = part.content
        found.push([names.get(part.toolCallId) ?? '?', content?.type === 'text' ? content.text : ''])
      }
    }
    return found
  }

  test('without ids are given ids that the same conversation always has', () => {
    const contents = [
      user({ text: 'x' }),
      model(call('f', { n: 1 }), call('g', { n: 2 }), call('f', { n: 3 })),
      user(response('f', 'one'), response('f', 'three'), response('g', 'two'), { text: 'and now?' }),
      model(call('f', { n: 4 })),
      { role: 'function', parts: [response('f', 'four')] },
    ]
    const messages = messagesOf(...contents)
    expect(messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'user',
      'assistant',
      'tool',
    ])
    expect(pairs(messages)).toEqual([
      ['{"n":1}', 'one'],
      ['{"n":3}', 'three'],
      ['{"n":2}', 'two'],
      ['{"n":4}', 'four'],
    ])
    expect(messagesOf(...contents.slice(0, 3))).toEqual(messages.slice(0, 4))
    expect(JSON.stringify(messages)).not.toContain('providerData')
  })

  test('are answered by id, whatever the order', () => {
    const messages = messagesOf(
      user({ text: 'x' }),
      model(call('f', { n: 1 }, 'a'), call('f', { n: 2 }, 'b')),
      user(response('f', 'two', 'b'), response('f', 'one', 'a')),
    )
    expect(messages[1]).toMatchObject({ content: [{ id: 'a', providerData: own({ id: 'a' }) }, { id: 'b' }] })
    expect(pairs(messages)).toEqual([
      ['{"n":2}', 'two'],
      ['{"n":1}', 'one'],
    ])
  })

  test('that share an id are told apart', () => {
    const messages = messagesOf(
      user({ text: 'x' }),
      model(call('f', { n: 1 }, 'f'), call('f', { n: 2 }, 'f')),
      user(response('f', 'one', 'f'), response('f', 'two', 'f')),
      model(call('f', { n: 3 }, 'f')),
      user(response('f', 'three', 'f')),
    )
    expect(pairs(messages)).toEqual([
      ['{"n":1}', 'one'],
      ['{"n":2}', 'two'],
      ['{"n":3}', 'three'],
    ])
  })

  test('that were left without a response get none later, and a response of another name takes the next', () => {
    const messages = messagesOf(
      user({ text: 'x' }),
      model(call('f', { n: 1 })),
      user({ text: 'never mind' }),
      model(call('f', { n: 2 }), call('g', { n: 3 })),
      user(response('renamed', 'two'), response('g', 'three')),
    )
    expect(pairs(messages)).toEqual([
      ['{"n":2}', 'two'],
      ['{"n":3}', 'three'],
    ])
  })

  test.each<[JsonObject, string, boolean?]>([
    [{ output: 'plain' }, 'plain'],
    [{ output: { a: [1] } }, '{"a":[1]}'],
    [{ output: null }, 'null'],
    [{ error: 'bad' }, 'bad', true],
    [{ error: { code: 5 } }, '{"code":5}', true],
    [{ result: 'x' }, '{"result":"x"}'],
    [{ output: 'x', error: 'y' }, '{"output":"x","error":"y"}'],
    [{}, '{}'],
  ])('have a response %j', (body, text, isError) => {
    const messages = messagesOf(
      user({ text: 'x' }),
      model(call('f')),
      user({ functionResponse: { name: 'f', response: body } }),
    )
    const [result] = messages[2]?.content ?? []
    expect(result).toMatchObject({ type: 'tool-result', content: [{ type: 'text', text }] })
    expect(result && 'isError' in result ? result.isError : undefined).toBe(isError)
  })

  test('may be answered with media', () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }]
    const messages = messagesOf(
      user({ text: 'x' }),
      model(call('f')),
      user({ functionResponse: { name: 'f', response: { output: 'see' }, parts } }),
    )
    expect(messages[2]).toMatchObject({ content: [{ content: [{ type: 'text' }, { type: 'image' }] }] })
  })
})
