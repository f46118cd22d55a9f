import { randomUUID } from 'node:crypto'
import type { FileInfo } from '@atrium/contract'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { expect, it } from 'vitest'
import { identity } from '#modules/identity'
import { files } from '#modules/files'
import { first, sql } from '#platform/db'
import { purgeDeleted } from './purge.ts'

async function upload({ client, base }: Person, name: string): Promise<string> {
  const form = new FormData()
  form.set('file', new Blob([`this is ${name}`]), name)
  const response = await client.raw(`${base}/files`, { method: 'POST', body: form })
  return ((await response.json()) as FileInfo).id
}

/** Begins a conversation with the guide about some files. */
async function talkAbout(person: Person, fileIds: readonly string[]): Promise<{ id: string; path: string }> {
  const chat = await startConversation(person, 'atrium/guide')
  const id = randomUUID()
  const named = fileIds.map((fileId) => ({ type: 'file', fileId }))
  const message = { id, content: [{ type: 'text', text: 'Look at this' }, ...named] }
  const headers = { 'idempotency-key': id }
  await person.client.post(`${chat.path}/turns`, { parentId: null, message }, { headers })
  return chat
}

async function purge({ running: { platform } }: TestServer): Promise<number> {
  await using scope = new AsyncDisposableStack()
  const service = files.build({ ...platform, identity: await identity.build(platform, scope) }, scope)
  return platform.jobDb.transaction(async (tx) => purgeDeleted(tx, await service))
}

it('removes what was deleted a month ago, and lets go of the files that nothing else names', async () => {
  await using server = await startTestServer()
  const owner = await server.owner()
  const [own, shared] = [await upload(owner, 'own.txt'), await upload(owner, 'shared.txt')]
  const old = await talkAbout(owner, [own, shared])
  const recent = await talkAbout(owner, [shared])
  await owner.client.delete(old.path)
  await owner.client.delete(recent.path)
  const { jobDb } = server.running.platform
  await jobDb.transaction((tx) =>
    sql`UPDATE chat.conversations SET deleted_at = now() - interval '31 days' WHERE id = ${old.id}`.execute(
      tx,
    ),
  )

  // A conversation whose answer is just being finished is left for the next time.
  await expect.poll(() => purge(server), { timeout: 15_000 }).toBe(1)
  const left = await jobDb.transaction((tx) =>
    first(
      tx,
      sql<{ conversations: string[]; used: string[] }>`
      SELECT (SELECT array_agg(id) FROM chat.conversations) AS conversations,
        (SELECT array_agg(id) FROM files.files WHERE used_at IS NOT NULL) AS used`,
    ),
  )
  expect(left).toEqual({ conversations: [recent.id], used: [shared] })
})
