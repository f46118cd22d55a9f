import { silentLog } from '@atrium/server/log'
import { readCommand } from '@atrium/server/config'
import { start } from '@atrium/server/start'
import { expect, inject, it } from 'vitest'
import { openStage } from './testing/stage.ts'

it('serves the SDKs alone, and nothing of the product, as the target "gateway"', async () => {
  await using stage = await openStage()
  const command = readCommand({
    argv: ['--target=gateway'],
    environment: {
      PORT: '0',
      ATRIUM_DATA_DIR: stage.server.dataDir,
      ATRIUM_SECRET: inject('cluster').secret,
      ATRIUM_EGRESS_ALLOW: '127.0.0.1/32',
    },
  })
  if (command.kind !== 'start') throw new Error('the configuration asks for something else')
  await using alone = await start(command.config, { log: silentLog(), roles: stage.server.roles })
  const headers = { authorization: `Bearer ${stage.key}`, 'content-type': 'application/json' }
  const reply = await fetch(new URL('/v1/chat/completions', alone.url), {
    method: 'POST',
    headers,
    body: JSON.stringify({ model: 'google/fake-1', messages: [{ role: 'user', content: 'hello' }] }),
  })
  expect(reply.status).toBe(200)
  expect((await fetch(new URL('/readyz', alone.url))).status).toBe(200)
  expect((await fetch(new URL('/api/v1/me', alone.url), { headers })).status).toBe(404)
})
