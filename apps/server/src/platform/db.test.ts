import { randomUUID } from 'node:crypto'
import { startTestServer, type TestServer } from '@atrium/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase, rows, sql, type Database, type Tx } from './db.ts'
import { silentLog } from './log.ts'

let server: TestServer
let db: Database

beforeAll(async () => {
  server = await startTestServer()
  db = openDatabase({
    url: server.roles.owner,
    maxConnections: 2,
    log: silentLog(),
    applicationName: 'atrium-test',
  })
  await db.transaction((tx) => sql`CREATE TABLE platform.notes (text text PRIMARY KEY)`.execute(tx))
})

beforeEach(() => db.transaction((tx) => sql`TRUNCATE platform.notes`.execute(tx)))

afterAll(async () => {
  await db[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const note = (text: string) => sql`INSERT INTO platform.notes VALUES (${text})`
const notesIn = (tx: Tx) =>
  rows(tx, sql<{ text: string }>`SELECT text FROM platform.notes ORDER BY text LIMIT 10`)
const notes = () => db.readOnly(notesIn)

describe('a write that travels with the commit', () => {
  it('is stored with the rest of the transaction, before what waits for the commit', async () => {
    const seen: string[] = []
    await db.transaction(async (tx) => {
      await note('first').execute(tx)
      db.withCommit(
        tx,
        note('last')
          .execute(tx)
          .then(() => seen.push('written')),
      )
      db.afterCommit(tx, () => seen.push('committed'))
    })
    expect(seen).toEqual(['written', 'committed'])
    expect(await notes()).toEqual([{ text: 'first' }, { text: 'last' }])
  })

  it('takes the transaction down with its own error when it fails', async () => {
    await db.transaction((tx) => note('taken').execute(tx))
    let committed = false
    const attempt = db.transaction(async (tx) => {
      await note('first').execute(tx)
      db.withCommit(tx, note('taken').execute(tx))
      db.afterCommit(tx, () => (committed = true))
    })
    await expect(attempt).rejects.toMatchObject({ code: '23505' })
    expect(committed).toBe(false)
    expect(await notes()).toEqual([{ text: 'taken' }])
  })
})

describe('a transaction that only reads', () => {
  it('sees the data of one moment, whatever is committed meanwhile', async () => {
    const [before, after] = await db.readOnly(async (tx) => {
      const first = await notesIn(tx)
      await db.transaction((other) => note('later').execute(other))
      return [first, await notesIn(tx)]
    })
    expect(before).toEqual([])
    expect(after).toEqual([])
    expect(await notes()).toEqual([{ text: 'later' }])
  })
})

describe('a transaction', () => {
  it('sends statements that are made together without waiting for each answer, and answers them in order', async () => {
    const answers = await db.transaction((tx) =>
      Promise.all([
        rows(tx, sql<{ step: string }>`SELECT 'slow' AS step FROM pg_sleep(0.05)`),
        note('between').execute(tx),
        rows(tx, sql<{ text: string }>`SELECT text FROM platform.notes LIMIT 10`),
      ]),
    )
    expect(answers[2]).toEqual([{ text: 'between' }])
  })

  it('is rolled back when one of its statements fails although nobody looked', async () => {
    const attempt = db.transaction(async (tx) => {
      await note('first').execute(tx)
      await note('first')
        .execute(tx)
        .catch(() => undefined)
    })
    await expect(attempt).rejects.toThrow('rolled back')
    expect(await notes()).toEqual([])
  })

  it('refuses statements after its end: its connection belongs to somebody else', async () => {
    const kept = await db.transaction((tx) => Promise.resolve({ tx }))
    await expect(note('late').execute(kept.tx)).rejects.toThrow('has ended')
    expect(await notes()).toEqual([])
  })
})

it('a connection that breaks while it is in use fails its transaction as unavailable, and nothing else', async () => {
  const broken = db.transaction((tx) =>
    rows(tx, sql`SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)`),
  )
  await expect(broken).rejects.toMatchObject({ code: 'DATABASE_ERROR', status: 503 })
  expect(await notes()).toEqual([])
})

describe('work for another scope inside of a transaction', () => {
  const [outer, inner] = [randomUUID(), randomUUID()]
  const scopeOf = (tx: Tx) =>
    rows(tx, sql<{ id: string }>`SELECT current_setting('app.workspace_id') AS id`).then(([row]) => row?.id)

  it('is part of it, sees its own scope, and gives the other one back', async () => {
    const seen: unknown[] = []
    await db.atomically({ workspaceId: outer }, async (tx) => {
      const result = await db.atomically({ workspaceId: inner }, async (lent) => {
        await note('inner').execute(lent)
        seen.push(lent === tx, await scopeOf(lent))
        seen.push(await db.withWorkspace(inner, async (joined) => joined === tx))
        return 'done'
      })
      seen.push(result, await scopeOf(tx), await db.withWorkspace(outer, async (joined) => joined === tx))
    })
    expect(seen).toEqual([true, inner, true, 'done', outer, true])
    expect(await notes()).toEqual([{ text: 'inner' }])
  })

  it('is taken back together with it', async () => {
    const attempt = db.atomically({ workspaceId: outer }, async () => {
      await db.atomically({ workspaceId: inner }, (tx) => note('inner').execute(tx))
      throw new Error('no')
    })
    await expect(attempt).rejects.toThrow('no')
    expect(await notes()).toEqual([])
  })

  it('gives the scope back also when it fails, and fails with its own error', async () => {
    await db.atomically({ workspaceId: outer }, async (tx) => {
      const refused = db.atomically({ workspaceId: inner }, () => Promise.reject(new Error('refused')))
      await expect(refused).rejects.toThrow('refused')
      expect(await scopeOf(tx)).toBe(outer)
    })
    const broken = db.atomically({ workspaceId: outer }, () =>
      db.atomically({ workspaceId: inner }, (tx) => sql`SELECT 1 / 0`.execute(tx)),
    )
    await expect(broken).rejects.toThrow('division by zero')
  })
})
