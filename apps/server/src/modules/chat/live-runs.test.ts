import { startConversation, startTestServer } from '@atrium/testkit'
import { startFakeProvider } from '@atrium/testkit/provider'
import { expect, it } from 'vitest'

it('refuses one answer more than a person may have under way, and takes it once one has ended', async () => {
  await using provider = await startFakeProvider()
  await using server = await startTestServer({
    environment: {
      OPENAI_API_KEY: 'fake-key',
      OPENAI_BASE_URL: `${provider.url}/v1`,
      ATRIUM_MAX_LIVE_RUNS: '2',
    },
  })
  const owner = await server.owner()
  const slow = '[[fake tokens=2000 rate=20]]'
  const chats = await Promise.all([0, 1, 2].map(() => startConversation(owner, 'openai/fake-1')))
  const [first, second, third] = chats
  if (!first || !second || !third) throw new Error('three conversations were asked for')
  const { run } = await first.accept(slow)
  await second.accept(slow)

  await expect(third.accept('[[fake tokens=2]]')).rejects.toThrow(/RATE_LIMIT_EXCEEDED/)
  expect((await third.open()).messages).toEqual([])

  await owner.client.post(`${first.path}/runs/${run.id}/stop`)
  expect((await third.accept('[[fake tokens=2]]')).run.status).toBe('running')
})
