import { randomUUID } from 'node:crypto'
import { request, type ClientRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Conversation, TreeNode } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, upload, listOf, openBy, textsOf, chatGptOf, type Failure } from './test-support.ts'

let server: TestServer
let owner: Person

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

describe('importing from ChatGPT', () => {
  it('brings the tree, where the person stood, times and models, once', async () => {
    const person = await server.invite(owner, 'member')
    const file = await fixture('chatgpt.json')
    expect(await upload(person, file)).toMatchObject({
      status: 200,
      body: { format: 'chatgpt', imported: 2, skipped: 0, failed: [] },
    })
    expect((await upload(person, file)).body).toEqual({
      format: 'chatgpt',
      imported: 0,
      skipped: 2,
      failed: [],
    })

    const { conversation, messages } = await openBy(person, 'Trees in Lisbon')
    expect(conversation).toMatchObject({
      titleSource: 'import',
      model: null,
      pinned: true,
      archived: false,
      createdAt: '2025-10-09T08:53:20.000Z',
      updatedAt: '2025-10-09T08:55:20.500Z',
    })
    expect(textsOf(messages)).toEqual([
      'Which trees grow in Lisbon?',
      'Jacarandas and plane trees.',
      'When do they bloom?',
      'In May and June.',
    ])
    expect(messages.map((one) => one.model)).toEqual([null, 'o3', null, 'gpt-4o'])
    expect(messages.map((one) => [one.siblings.index, one.siblings.count])).toEqual([
      [0, 1],
      [1, 2],
      [0, 2],
      [0, 1],
    ])
    expect(messages[0]).toMatchObject({
      createdAt: '2025-10-09T08:53:21.250Z',
      author: { id: person.id },
      status: 'complete',
    })
    const tree = await person.client.get<{ data: TreeNode[] }>(
      `${person.base}/conversations/${conversation.id}/tree`,
    )
    expect(tree.body.data).toHaveLength(7)
    expect(
      (await openBy(person, 'A chart, with thoughts', true)).messages[1]?.content.map((part) => part.type),
    ).toEqual(['reasoning', 'tool_call', 'tool_result', 'reasoning', 'text', 'citation'])
  })

  it('leaves a conversation that goes on, though its model is unknown here', async () => {
    const person = await server.invite(owner, 'member')
    await upload(person, await fixture('chatgpt.json'))
    const { conversation, leafId } = await openBy(person, 'Trees in Lisbon')
    const path = `${person.base}/conversations/${conversation.id}`
    const message = { id: randomUUID(), content: [{ type: 'text', text: 'Thank you.' }] }
    const events = await Array.fromAsync(
      person.client.events(`${path}/turns`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': message.id },
        body: JSON.stringify({ parentId: leafId, message }),
      }),
    )
    expect(events.at(-1)?.type).toBe('turn_completed')
    expect((await openBy(person, 'Trees in Lisbon')).messages).toHaveLength(6)
  })

  it('finds what was imported', async () => {
    const person = await server.invite(owner, 'member')
    await upload(person, JSON.stringify([chatGptOf('Fish', 'an axolotl is no fish')]))
    const { body } = await person.client.get<{ data: { conversation: Conversation }[] }>(
      `${person.base}/search?q=axolotl`,
    )
    expect(body.data[0]?.conversation.title).toBe('Fish')
  })

  it('tells the tabs of the person, once for each conversation', async () => {
    const person = await server.invite(owner, 'member')
    const kinds: unknown[] = []
    const stop = server.running.platform.bus.subscribe('chat.changed', (notice) => {
      if (notice['personId'] === person.id) kinds.push(notice['kind'])
    })
    await upload(person, await fixture('chatgpt.json'))
    await expect.poll(() => kinds).toEqual(['conversation', 'conversation'])
    stop()
  })
})

describe('importing from Claude', () => {
  it('brings the tree, thinking, tools and attachments', async () => {
    const person = await server.invite(owner, 'member')
    expect((await upload(person, await fixture('claude.json'))).body).toEqual({
      format: 'claude',
      imported: 2,
      skipped: 0,
      failed: [],
    })
    const { messages } = await openBy(person, 'Bread')
    expect(textsOf(messages)).toEqual([
      'How long does dough rise? File "recipe.txt":\n\n500 g flour, 7 g yeast [File: bread.jpg]',
      '<reasoning> <tool_call> <tool_result> One to two hours. <citation>',
      'And in summer?',
      'Less than an hour.',
    ])
    expect((await openBy(person, '')).conversation.titleSource).toBe('none')
  })
})

it('brings every message, also where ids are given twice and look like names made of them', async () => {
  const person = await server.invite(owner, 'member')
  const createdAt = '2026-01-01T00:00:00Z'
  const messages = ['a', 'a#2', 'a', 'a#4', 'a'].map((id, n) => ({
    id,
    parentId: null,
    role: 'user',
    content: [{ type: 'text', text: `m${n}` }],
    createdAt,
  }))
  const conversation = { id: 'c', title: 'Twice', createdAt, updatedAt: createdAt, messages }
  const file = { format: 'atrium.conversations', version: 1, conversations: [conversation] }
  expect((await upload(person, JSON.stringify(file))).body).toMatchObject({ imported: 1, failed: [] })
  const { id } = (await openBy(person, 'Twice')).conversation
  const tree = await person.client.get<{ data: TreeNode[] }>(`${person.base}/conversations/${id}/tree`)
  expect(tree.body.data.map((node) => node.preview).toSorted()).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
})

describe('a file that cannot be imported', () => {
  const good = chatGptOf('Good', 'yes')

  it.each([
    ['a conversation with NUL', chatGptOf('Bad', 'a\0b'), /NUL/],
    ['a conversation with a lone surrogate', chatGptOf('Bad', 'a\ud800'), /surrogates/],
    ['a conversation without messages', { title: 'Bad', mapping: {} }, /no messages/],
    ['a conversation of another form', { title: 'Bad', mapping: { a: 1 } }, /unexpected form/],
  ])('%s is reported by name, the others are imported', async (_, bad, reason) => {
    const person = await server.invite(owner, 'member')
    const { body } = await upload(person, JSON.stringify([bad, good]))
    expect(body).toEqual({
      format: 'chatgpt',
      imported: 1,
      skipped: 0,
      failed: [{ title: 'Bad', reason: expect.stringMatching(reason) }],
    })
    expect((await listOf(person)).map((one) => one.title)).toEqual(['Good'])
  })

  it('deep nesting fails one conversation', async () => {
    const person = await server.invite(owner, 'member')
    const deep = `{"title":"Deep","mapping":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const { body } = await upload(person, `[${JSON.stringify(good)},${deep}]`)
    expect(body).toMatchObject({
      imported: 1,
      failed: [{ title: 'Conversation 2', reason: 'It is nested deeper than 128 levels.' }],
    })
  })

  it.each([
    ['is cut off', `[${JSON.stringify(good)},{"title":`, 400, 'INVALID_FORMAT'],
    ['is no JSON', 'Dear diary', 400, 'INVALID_FORMAT'],
    ['is empty', '', 400, 'INVALID_FORMAT'],
    ['is an archive', 'PK\u0003\u0004', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['has conversations of nobody we know', '[{"messages":[]}]', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['has no conversations', '[]', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'is of a later version',
      '{"format":"atrium.conversations","version":2,"conversations":[]}',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
  ])('a file that %s is refused, and nothing is imported', async (_, file, status, code) => {
    const person = await server.invite(owner, 'member')
    expect(await upload<Failure>(person, file)).toMatchObject({ status, body: { error: { code } } })
    expect(await listOf(person)).toEqual([])
  })

  it('a request without the field or without multipart is refused: 400, 415', async () => {
    expect(await upload<Failure>(owner, '[]', {}, 'other')).toMatchObject({
      status: 400,
      body: { error: { code: 'MISSING_REQUIRED_FIELD' } },
    })
    expect((await owner.client.post(`${owner.base}/imports`, {}, { allowFailure: true })).status).toBe(415)
  })

  it('more than 256 MB are refused: 413', async () => {
    const part = new Blob([new Uint8Array(2 ** 20).fill(0x20)])
    expect((await upload<Failure>(owner, new Blob(Array.from({ length: 257 }, () => part)))).status).toBe(413)
  })

  it('a viewer may not import: 403', async () => {
    const viewer = await server.invite(owner, 'viewer')
    expect((await upload<Failure>(viewer, '[]')).status).toBe(403)
  })
})

describe('repeating an import', () => {
  it('with the same Idempotency-Key gives the stored answer', async () => {
    const person = await server.invite(owner, 'member')
    const headers = { 'idempotency-key': randomUUID() }
    const file = await fixture('chatgpt.json')
    const first = await upload(person, file, headers)
    const second = await upload(person, file, headers)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(second.body).toEqual(first.body)
  })

  it('while it runs is refused: 409; later it brings what is missing', async () => {
    const person = await server.invite(owner, 'member')
    const all = Array.from({ length: 200 }, (_, n) => chatGptOf(`T${n}`, 'x', `id${n}`))
    const [one, two] = await Promise.all([
      upload(person, JSON.stringify(all)),
      upload(person, JSON.stringify(all)),
    ])
    expect(new Set([one.status, two.status])).toEqual(new Set([200, 409]))
    expect((await upload(person, JSON.stringify([...all, chatGptOf('new', 'x')]))).body).toMatchObject({
      imported: 1,
      skipped: 200,
    })
  })
})

describe('uploads that take their time', () => {
  it('do not keep others from importing', async () => {
    const slow = await Promise.all(Array.from({ length: 4 }, () => server.invite(owner, 'member')))
    const person = await server.invite(owner, 'member')
    const uploads = slow.map(beginUpload)
    await sleep(1000)
    for (const one of slow) expect((await upload<Failure>(one, '[]')).status).toBe(409)
    expect(await upload(person, JSON.stringify([chatGptOf('Quick', 'x')]))).toMatchObject({
      status: 200,
      body: { imported: 1 },
    })
    for (const one of uploads) one.destroy()
    for (const one of slow) await expect.poll(async () => (await upload<Failure>(one, '[]')).status).toBe(415)
  })
})

/** Sends the beginning of a file and then nothing more. */
function beginUpload({ client, base }: Person): ClientRequest {
  const sending = request(new URL(`${base}/imports`, server.url), {
    method: 'POST',
    headers: { cookie: client.cookie, 'content-type': 'multipart/form-data; boundary=x' },
  })
  // It is given up in the end.
  sending.on('error', () => undefined)
  sending.write(
    '--x\r\ncontent-disposition: form-data; name="file"; filename="c.json"\r\n\r\n[' + ' '.repeat(100_000),
  )
  return sending
}
