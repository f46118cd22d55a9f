import { randomUUID } from 'node:crypto'
import type { SearchHit } from '@atrium/contract'
import { startTestServer, type Person, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { upload } from './transfer/test-support.ts'

let server: TestServer
let owner: Person

beforeAll(async () => {
  server = await startTestServer()
  owner = await server.owner()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const createdAt = '2026-01-01T00:00:00Z'

function conversation(title: string, ...texts: readonly string[]): object {
  const id = randomUUID()
  const messages = texts.map((text, n) => ({
    id: `${n}`,
    parentId: n === 0 ? null : `${n - 1}`,
    role: n % 2 === 0 ? 'user' : 'assistant',
    content: [{ type: 'text', text }],
    createdAt,
  }))
  return { id, title, createdAt, updatedAt: createdAt, messages }
}

const save = (person: Person, ...conversations: readonly object[]) =>
  upload(person, JSON.stringify({ format: 'atrium.conversations', version: 1, conversations }))

interface Found {
  readonly data: readonly SearchHit[]
  readonly meta: { readonly nextCursor: string | null }
}

const find = async (person: Person, query: string): Promise<Found> =>
  (await person.client.get<Found>(`${person.base}/search?q=${encodeURIComponent(query)}`)).body

const shown = (snippet: string): string => snippet.replaceAll('\uE000', '[').replaceAll('\uE001', ']')

const filler = (words: number): string => Array.from({ length: words }, (_, n) => `filler${n % 89}`).join(' ')

describe('a snippet', () => {
  it.each([
    ['a title', 'llamas', '[Llamas] and alpacas'],
    ['the beginning of a word', 'quokk', '[Quokka], up close, smiles'],
    ['a word that stands within another before', 'rat', 'separate words; a [rat]'],
    ['words next to each other, which stand apart before', 'green tea', 'of [green] [tea], please'],
    ['words too far apart to be shown together', 'alpha omega', 'filler83 [omega]'],
    ['a word between underscores', 'snake', 'call me_[snake]_case'],
    ['a word of another alphabet', 'жираф', 'это [Жираф] тут'],
  ])('shows %s', async (_, query, expected) => {
    const person = await server.invite(owner, 'member')
    await save(
      person,
      conversation('Llamas and alpacas', 'nothing here'),
      conversation('A', 'The Quokka, up close, smiles.'),
      conversation('B', 'separate words; a rat ran'),
      conversation('C', `tea ${filler(4000)} a cup of green tea, please`),
      conversation('D', `alpha ${filler(4000)} omega at the end`),
      conversation('E', 'call me_snake_case now'),
      conversation('F', `${filler(4000)} это Жираф тут`),
    )
    const { data } = await find(person, query)
    expect(data).toHaveLength(1)
    expect(shown(data[0]?.snippet ?? '')).toContain(expected)
  })

  it('stands for each of many hits, page by page', async () => {
    const person = await server.invite(owner, 'member')
    await save(
      person,
      ...Array.from({ length: 35 }, (_, n) => conversation(`T${n}`, 'x', `gecko number${n}`)),
    )
    const first = await find(person, 'gecko')
    expect(first.data).toHaveLength(30)
    const { body } = await person.client.get<Found>(
      `${person.base}/search?q=gecko&cursor=${first.meta.nextCursor}`,
    )
    expect(body).toMatchObject({ meta: { nextCursor: null, hasMore: false } })
    const all = [...first.data, ...body.data].map((hit) => shown(hit.snippet))
    expect(new Set(all)).toEqual(new Set(Array.from({ length: 35 }, (_, n) => `[gecko] number${n}`)))
  })

  it('of long messages is made in a fraction of what reading them whole takes', async () => {
    const person = await server.invite(owner, 'member')
    const long = 'zebra filler '.repeat(15_000)
    await save(person, ...Array.from({ length: 40 }, (_, n) => conversation(`T${n}`, long)))
    const startedAt = performance.now()
    const { data } = await find(person, 'zeb')
    expect(data).toHaveLength(30)
    for (const hit of data) expect(shown(hit.snippet)).toContain('[zebra]')
    // All of each message is looked at in five seconds.
    expect(performance.now() - startedAt).toBeLessThan(1500)
  })
})

describe('a search that takes too long', () => {
  it('ends with 503 after two seconds; of one person more than two at once are refused with 429', async () => {
    const person = await server.invite(owner, 'member')
    const colleague = await server.invite(owner, 'member')
    const search = async ({ client, base }: Person) => {
      const { status, headers } = await client.get(`${base}/search?q=slow`, { allowFailure: true })
      return { status, retryAfter: Number(headers.get('retry-after')) }
    }
    const tooLong = { status: 503, retryAfter: 5 }
    const tooMany = { status: 429, retryAfter: 2 }
    await using locks = await locked('chat.messages')
    const answers = await Promise.all([...Array.from({ length: 4 }, () => search(person)), search(colleague)])
    expect(answers.slice(0, 4).toSorted((left, right) => left.status - right.status)).toEqual([
      tooMany,
      tooMany,
      tooLong,
      tooLong,
    ])
    expect(answers[4]).toEqual(tooLong)
    await locks.release()
    expect((await search(person)).status).toBe(200)
  })
})

/** Keeps everybody else from a table. */
async function locked(table: string) {
  const client = new pg.Client({ connectionString: server.roles.owner })
  await client.connect()
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
  return {
    release: () => client.query('ROLLBACK'),
    [Symbol.asyncDispose]: () => client.end(),
  }
}
