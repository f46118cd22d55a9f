import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startConversation, startTestServer, type Person, type TestServer } from '@atrium/testkit'
import { startFakeProvider } from '@atrium/testkit/provider'
import { encodeTraces } from '@atrium/wire/otlp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { batchOf, keyOf, spanOf } from './modules/traces/testing/spans.ts'

const token = 'prometheus-reads-this'
const scope = new AsyncDisposableStack()
let server: TestServer
let owner: Person

beforeAll(async () => {
  const provider = scope.use(await startFakeProvider())
  const environment = {
    OPENAI_API_KEY: 'fake-key',
    OPENAI_BASE_URL: `${provider.url}/v1`,
    ATRIUM_METRICS_TOKEN: token,
  }
  server = scope.use(await startTestServer({ environment }))
  owner = await server.owner()
})
afterAll(() => scope.disposeAsync())

const ask = (authorization: string): Promise<Response> =>
  fetch(new URL('/metrics', server.url), { headers: { authorization } })

async function read(): Promise<string> {
  const response = await ask(`Bearer ${token}`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/plain')
  return response.text()
}

/** The value of a metric with these labels, in any order. */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`${name}{`) && wanted.every((pair) => one.includes(pair)))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')))
}

describe('/metrics', () => {
  it('is for whoever has the token', async () => {
    for (const other of ['', 'Bearer ', `Bearer ${token}x`, token]) {
      const response = await ask(other)
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ error: { code: 'INVALID_CREDENTIALS' } })
    }
  })

  it('is not there without one', async () => {
    await using plain = await startTestServer()
    const response = await fetch(new URL('/metrics', plain.url), { headers: { authorization: 'Bearer x' } })
    expect(response.status).toBe(404)
  })

  it('counts requests by route, without what stands in their paths', async () => {
    const chat = await startConversation(owner, 'openai/fake-1')
    await owner.client.get(chat.path)
    await owner.client.get('/api/v1/workspaces/not-an-id/conversations', { allowFailure: true })
    await fetch(new URL('/v1/models/some%2Fname', server.url))
    await fetch(new URL('/v1/nothing/like/it', server.url))
    const text = await read()
    const count = 'http_server_request_duration_seconds_count'
    const route = '/api/v1/workspaces/:workspaceId/conversations/:conversationId'
    expect(valueOf(text, count, { http_route: route, http_request_method: 'GET' })).toBe(1)
    expect(valueOf(text, count, { http_route: '/v1/models/{model}', http_response_status_code: '401' })).toBe(
      1,
    )
    expect(valueOf(text, count, { http_route: '/v1/*' })).toBe(1)
    expect(text).not.toContain(chat.id)
  })

  it('counts calls of models with their tokens, and spans that were stored', async () => {
    const before = await read()
    const chat = await startConversation(owner, 'openai/fake-1')
    await chat.send('[[fake tokens=7]]')
    const sent = await fetch(new URL('/v1/traces', server.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await keyOf(owner, ['telemetry:write'])}`,
        'content-type': 'application/x-protobuf',
      },
      body: Buffer.from(encodeTraces(batchOf([spanOf(), spanOf()]), 'protobuf')),
    })
    expect(sent.status).toBe(200)
    const text = await read()
    const grown = (name: string, labels: Record<string, string>): number =>
      (valueOf(text, name, labels) ?? 0) - (valueOf(before, name, labels) ?? 0)
    const call = { gen_ai_operation_name: 'chat', gen_ai_request_model: 'fake-1', error_type: '' }
    expect(grown('gen_ai_client_operation_duration_seconds_count', call)).toBeGreaterThanOrEqual(1)
    const tokens = { gen_ai_request_model: 'fake-1', gen_ai_token_type: 'output' }
    expect(grown('atrium_model_tokens_total', tokens)).toBeGreaterThanOrEqual(7)
    expect(
      grown('atrium_ingest_records_total', { signal: 'traces', outcome: 'accepted' }),
    ).toBeGreaterThanOrEqual(2)
    expect(
      valueOf(text, 'atrium_chat_leases', {}) ?? Number(/^atrium_chat_leases (\d+)$/m.exec(text)?.[1]),
    ).toBe(1)
  })
})

describe('the dashboard for Grafana', () => {
  const dashboard = z.object({
    panels: z.array(
      z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) }),
    ),
  })
  const functions = new Set(['sum', 'by', 'rate', 'max', 'histogram_quantile'])

  it('asks only for metrics and labels that are there', async () => {
    const file = join(import.meta.dirname, '../../../ops/grafana/atrium.json')
    const { panels } = dashboard.parse(JSON.parse(await readFile(file, 'utf8')))
    const text = await read()
    const declared = new Map(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
    )
    const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
    expect(asked.length).toBeGreaterThan(10)
    for (const expr of asked) {
      const plain = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)/g, ' ')
      const names = (plain.match(/[a-z_]\w*/g) ?? []).filter((name) => !functions.has(name))
      expect(names.length, expr).toBeGreaterThan(0)
      for (const name of names) {
        const family = declared.get(name) ?? declared.get(name.replace(/_(count|bucket|sum)$/, ''))
        expect(family, `${name} in ${expr}`).toBeDefined()
      }
    }
  })
})
