import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, upload, listOf, openBy, textsOf, exportOf, type Exported } from './test-support.ts'

let server: TestServer
let owner: Person

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

describe('our own export', () => {
  it('comes back as it was: tree, leaf, settings, times, costs and ratings', async () => {
    const [first, second] = [await server.invite(owner, 'member'), await server.invite(owner, 'member')]
    await upload(first, await fixture('own.json'))
    await upload(first, await fixture('chatgpt.json'))
    const before = await exportOf(first)
    expect((await upload(second, JSON.stringify(before))).body).toEqual({
      format: 'atrium',
      imported: 3,
      skipped: 0,
      failed: [],
    })
    expect(outlines(await exportOf(second))).toEqual(outlines(before))
    expect((await upload(second, JSON.stringify(before, null, 2))).body).toMatchObject({
      imported: 0,
      skipped: 3,
    })
  })

  it('has every message of long and of many conversations, archived ones too, deleted and foreign ones not', async () => {
    const person = await server.invite(owner, 'member')
    const conversations = Array.from({ length: 45 }, (_, n) => ownConversation(n, n === 3 ? 730 : n % 3))
    await upload(person, JSON.stringify({ format: 'atrium.conversations', version: 1, conversations }))
    const gone = (await listOf(person)).find((one) => one.title === 'C7')?.id
    await person.client.delete(`${person.base}/conversations/${gone}`)
    const exported = await exportOf(person)
    const counts = new Map(exported.conversations.map((one) => [one.title, one.messages.length]))
    expect(counts.size).toBe(44)
    expect(counts.get('C3')).toBe(730)
    expect(counts.get('C7')).toBeUndefined()
    for (const [n, { title }] of conversations.entries())
      if (n !== 3 && n !== 7) expect(counts.get(title)).toBe(n % 3)
    const long = exported.conversations.find((one) => one.title === 'C3')
    expect(textsOf(long?.messages ?? [])).toEqual(Array.from({ length: 730 }, (_, n) => `m${n}`))
    expect((await exportOf(await server.invite(owner, 'member'))).conversations).toEqual([])
  })

  it('is skipped beside its original, and only there', async () => {
    const person = await server.invite(owner, 'member')
    const chat = await startConversation(person, 'atrium/guide')
    await chat.send('Hello')
    await upload(person, await fixture('claude.json'))
    const file = JSON.stringify(await exportOf(person))
    const alone = (await person.client.get<Exported>(`${chat.path}/export?format=json`)).body
    expect((await upload(person, JSON.stringify(alone))).body).toMatchObject({ imported: 0, skipped: 1 })
    expect((await upload(person, file)).body).toMatchObject({ imported: 0, skipped: 3, failed: [] })
    expect(await listOf(person)).toHaveLength(3)

    const colleague = await server.invite(owner, 'member')
    expect((await upload(colleague, file)).body).toMatchObject({ imported: 3, skipped: 0 })
    await person.client.delete(chat.path)
    expect((await upload(person, file)).body).toMatchObject({ imported: 1, skipped: 2 })
    expect(await listOf(person)).toHaveLength(3)
  })

  it('never lets an import name a file', async () => {
    const person = await server.invite(owner, 'member')
    await upload(person, await fixture('own.json'))
    expect((await openBy(person, 'Plans')).messages[0]?.content).toEqual([
      { type: 'text', text: 'Plan my week.' },
      { type: 'text', text: '[File: calendar.ics]' },
    ])
  })

  it('holds no transaction while a slow reader takes it', async () => {
    const person = await server.invite(owner, 'member')
    await uploadLarge(person)
    const reader = await beginExport(person)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await openTransactions()).toBe(0)
    let bytes = 0
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) bytes += part.value.length
    expect(bytes).toBeGreaterThan(14_000_000)
  })

  it('is cut off within five seconds when its key is revoked', async () => {
    const admin = await server.invite(owner, 'admin')
    await uploadLarge(admin)
    const scopes = ['conversation:read', 'workspace:read']
    const { body: key } = await admin.client.post<{ id: string; secret: string }>(`${admin.base}/api-keys`, {
      name: 'Export',
      scopes,
    })
    const reader = await beginExport(admin, { authorization: `Bearer ${key.secret}`, cookie: 'none=1' })
    await owner.client.delete(`${owner.base}/api-keys/${key.id}`)
    await new Promise((resolve) => setTimeout(resolve, 5000))
    const rest = async (): Promise<void> => {
      while (!(await reader?.read())?.done);
    }
    await expect(rest()).rejects.toThrow('terminated')
  })
})

/** Sixteen conversations of almost a megabyte each. */
async function uploadLarge(person: Person): Promise<void> {
  const content = [{ type: 'text', text: 'x'.repeat(900_000) }]
  const conversations = Array.from({ length: 16 }, (_, n) => ({
    ...ownConversation(n, 1),
    messages: [{ ...messageOf(n, 0), content }],
  }))
  await upload(person, JSON.stringify({ format: 'atrium.conversations', version: 1, conversations }))
}

/** Asks for an export of everything and takes its first bytes. */
async function beginExport(person: Person, headers: Record<string, string> = {}) {
  const response = await person.client.raw(`${person.base}/export`, {
    headers: { 'accept-encoding': 'identity', ...headers },
  })
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  await reader?.read()
  return reader
}

const messageOf = (conversation: number, n: number) => ({
  id: `${conversation}-${n}`,
  parentId: n === 0 ? null : `${conversation}-${n - 1}`,
  role: n % 2 === 0 ? 'user' : 'assistant',
  content: [{ type: 'text', text: `m${n}` }],
  createdAt: new Date(1_750_000_000_000 + n).toISOString(),
})

const ownConversation = (n: number, messages: number) => ({
  id: `c${n}`,
  title: `C${n}`,
  archived: n % 2 === 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-02T00:00:00.000Z',
  messages: Array.from({ length: messages }, (_, index) => messageOf(n, index)),
})

/** Conversations with names in place of ids, by title. */
function outlines(exported: Exported): unknown[] {
  return exported.conversations
    .map(({ id: _id, messages, leafId, titleSource: _source, model: _model, ...rest }) => {
      const names = new Map<string | null, string>(messages.map((one) => [one.id, textsOf([one])[0] ?? '']))
      const outline = messages.map(({ id: _own, parentId, author: _author, ...message }) => ({
        ...message,
        parent: names.get(parentId) ?? null,
        content: message.content.filter((part) => part.type !== 'file'),
      }))
      return { ...rest, leaf: names.get(leafId), messages: outline }
    })
    .toSorted((a, b) => a.title.localeCompare(b.title))
}

async function openTransactions(): Promise<number> {
  const client = new pg.Client({ connectionString: server.roles.owner })
  await client.connect()
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`,
  )
  await client.end()
  return rows[0]?.count ?? -1
}

describe('a download', () => {
  it('is Markdown of the active path', async () => {
    const person = await server.invite(owner, 'member')
    await upload(person, await fixture('chatgpt.json'))
    const { conversation } = await openBy(person, 'Trees in Lisbon')
    const reply = await person.client.get(`${person.base}/conversations/${conversation.id}/export`)
    expect(reply.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
    expect(reply.headers.get('content-disposition')).toBe(
      `attachment; filename="Trees in Lisbon.md"; filename*=UTF-8''Trees%20in%20Lisbon.md`,
    )
    expect(reply.text).toMatch(/^# Trees in Lisbon\n/)
    expect(reply.text).toContain(
      '## Assistant (o3)\n\n*2025-10-09T08:53:29.000Z*\n\nJacarandas and plane trees.\n',
    )
    expect(reply.text).not.toContain('Jacarandas, mostly.')
  })

  it('is JSON of the whole tree', async () => {
    const person = await server.invite(owner, 'member')
    await upload(person, await fixture('chatgpt.json'))
    const { conversation, leafId } = await openBy(person, 'Trees in Lisbon')
    const { body } = await person.client.get<Exported>(
      `${person.base}/conversations/${conversation.id}/export?format=json`,
    )
    expect(body).toMatchObject({
      format: 'atrium.conversations',
      version: 1,
      conversations: [{ id: conversation.id, leafId }],
    })
    expect(body.conversations[0]?.messages).toHaveLength(7)
  })

  it('of an empty conversation is its head', async () => {
    const { path } = await startConversation(owner, 'atrium/guide')
    expect((await owner.client.get(`${path}/export`)).text).toMatch(/^# Untitled conversation\n\n- Started/)
  })

  it('of somebody else does not exist: 404', async () => {
    const { path } = await startConversation(owner, 'atrium/guide')
    const other = await server.invite(owner, 'admin')
    expect((await other.client.get(`${path}/export`, { allowFailure: true })).status).toBe(404)
  })
})
