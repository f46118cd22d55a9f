import type { Connection } from '@atrium/contract'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStage, type Stage } from './testing/stage.ts'

let stage: Stage
const scope = new AsyncDisposableStack()
/** What the provider answers next. */
let answer = json({ data: [] })

/** Nano-dollars for a token of each kind. */
const rates = {
  input: 1,
  output: 10,
  outputImage: 20,
  outputAudio: 30,
  inputAudio: 40,
  cacheWrite5m: 2,
  cacheWrite1h: 50,
}

beforeAll(async () => {
  stage = scope.use(await openStage())
  const url = await listen((request, response) => {
    request.resume().once('end', () => answer(response))
  })
  await connect('quiet', 'openai', `${url}/v1`)
  await connect('claude', 'anthropic', url)
  const sheet = {
    rates: Object.fromEntries(
      Object.entries(rates).map(([kind, perToken]) => [kind, { base: `${perToken}000000`, tiers: [] }]),
    ),
    perCall: '0',
  }
  const effectiveFrom = '2026-01-01T00:00:00Z'
  await stage.owner.client.post(`${stage.owner.base}/price-overrides`, {
    modelPattern: 'm',
    effectiveFrom,
    sheet,
  })
})
beforeEach(() => {
  answer = json({ data: [] })
})
afterAll(() => scope.disposeAsync())

function json(value: unknown): (response: ServerResponse) => void {
  return (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(() => void server.close())
  // It listens on a port, not on a pipe.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function connect(slug: string, kind: string, baseUrl: string): Promise<void> {
  const { client, base } = stage.owner
  const { body } = await client.post<Connection>(`${base}/connections`, {
    name: slug,
    slug,
    kind,
    baseUrl,
    apiKey: 'k',
  })
  for (const upstreamId of ['m', 'unpriced'])
    await client.post(`${base}/connections/${body.id}/models`, { upstreamId })
}

interface Kept {
  readonly cost: string | null
  readonly estimated: boolean
  readonly held: string
  readonly account: string | undefined
}

/** What the call of this reply has left behind, in the list of calls and in the ledger. */
async function keptOf(reply: Response): Promise<Kept> {
  await reply.arrayBuffer().catch(() => undefined)
  const id = reply.headers.get('x-atrium-call')
  const read = async (): Promise<Kept[]> =>
    (
      await stage.database.query<Kept>(
        `SELECT c.cost_nano_usd AS cost, c.estimated, h.held_nano_usd AS held,
          (SELECT e.accounts[1] FROM ledger.entries e WHERE e.source_id = h.call_id) AS account
        FROM models.calls c JOIN ledger.holds h ON h.call_id = c.id AND h.state = 'settled' WHERE c.id = $1`,
        [id],
      )
    ).rows
  await expect.poll(async () => (await read()).length).toBe(1)
  const [kept] = await read()
  if (!kept) throw new Error('it was there')
  return kept
}

async function transcribe(): Promise<Kept> {
  const form = new FormData()
  form.set('model', 'quiet/m')
  form.set('file', new Blob([new Uint8Array(100_000)]), 'a.mp3')
  const reply = await fetch(new URL('/v1/audio/transcriptions', stage.server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.key}` },
    body: form,
  })
  expect(reply.status).toBe(200)
  return keptOf(reply)
}

describe('a call whose provider does not say what it used', () => {
  it('is priced by its text where that is all it takes', async () => {
    const reply = await stage.post('/v1/embeddings', { model: 'quiet/m', input: 'x'.repeat(3965) })
    const kept = await keptOf(reply)
    // 4,000 bytes of request, four to a token.
    expect(kept).toMatchObject({ estimated: true, account: 'estimated' })
    expect(Number(kept.cost)).toBeGreaterThan(990)
    expect(Number(kept.cost)).toBeLessThan(1010)
    expect(Number(kept.held)).toBeGreaterThanOrEqual(Number(kept.cost))
  })

  it('is priced by the number and size of images', async () => {
    const body = { model: 'quiet/m', prompt: 'four', n: 2, quality: 'medium', size: '1024x1024' }
    const kept = await keptOf(await stage.post('/v1/images/generations', body))
    expect(kept).toMatchObject({ cost: String(1 + 2 * 1056 * rates.outputImage), estimated: true })
    expect(Number(kept.held)).toBeGreaterThanOrEqual(Number(kept.cost))
  })

  it('is priced by the characters that were spoken', async () => {
    answer = (response) => void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end('sound')
    const kept = await keptOf(
      await stage.post('/v1/audio/speech', { model: 'quiet/m', input: 'a'.repeat(1000) }),
    )
    expect(kept).toMatchObject({ cost: String(250 + 1400 * rates.outputAudio), estimated: true })
  })

  it('has an unknown cost where nothing tells, and keeps what was reserved for it', async () => {
    answer = (response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('hello')
    const kept = await transcribe()
    expect(kept).toMatchObject({ cost: null, estimated: true, account: 'unknown' })
    expect(Number(kept.held)).toBeGreaterThan(1000 * rates.inputAudio)
  })

  it('has an unknown cost where it counts seconds and not tokens', async () => {
    answer = json({ text: 'hello', usage: { type: 'duration', seconds: 9 } })
    expect(await transcribe()).toMatchObject({ cost: null, estimated: true })
  })

  it('costs what it was likely to use when its answer is cut off', async () => {
    answer = (response) => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        .write('{"data":[')
      setTimeout(() => response.destroy(), 50)
    }
    const reply = await stage.post('/v1/embeddings', { model: 'quiet/m', input: 'x'.repeat(3965) })
    expect(Number((await keptOf(reply)).cost)).toBeGreaterThan(990)
  })
})

describe('a call that needs no guess', () => {
  it('costs what its provider says', async () => {
    answer = json({
      text: 'hello',
      usage: {
        input_tokens: 100,
        output_tokens: 5,
        input_token_details: { audio_tokens: 90, text_tokens: 10 },
      },
    })
    expect(await transcribe()).toMatchObject({ cost: String(90 * 40 + 10 + 50), estimated: false })
  })

  it('costs nothing when it only counts tokens', async () => {
    answer = json({ input_tokens: 5 })
    const messages = [{ role: 'user', content: 'hello' }]
    const reply = await stage.post('/v1/messages/count_tokens', { model: 'claude/m', messages })
    expect(await keptOf(reply)).toMatchObject({ cost: '0', held: '0', estimated: false })
  })

  it('costs nothing when the provider refuses it', async () => {
    answer = (response) =>
      void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{}}')
    const reply = await stage.post('/v1/embeddings', { model: 'quiet/m', input: 'x' })
    expect(reply.status).toBe(400)
    expect(await keptOf(reply)).toMatchObject({ cost: '0', estimated: false })
  })
})

describe('what is reserved covers', () => {
  const text = 'x'.repeat(3000)
  const heldFor = async (path: string, body: object): Promise<number> =>
    Number((await keptOf(await stage.post(path, body))).held)
  const message = (more: object = {}) => ({
    model: 'claude/m',
    max_tokens: 10,
    messages: [{ role: 'user', content: [{ type: 'text', text, ...more }] }],
  })

  it('writes to a cache that lives an hour, when they are asked for', async () => {
    answer = json({
      type: 'message',
      id: 'm',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'a' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 5, output_tokens: 1 },
    })
    const mark = (ttl: string) => message({ cache_control: { type: 'ephemeral', ttl } })
    expect(await heldFor('/v1/messages', mark('1h'))).toBeGreaterThan(1000 * rates.cacheWrite1h)
    expect(await heldFor('/v1/messages', mark('5m'))).toBeLessThan(1500 * rates.cacheWrite5m)
  })

  it('sound, when the request carries some', async () => {
    answer = json({
      id: 'c',
      object: 'chat.completion',
      model: 'm',
      usage: { prompt_tokens: 5, completion_tokens: 1 },
      choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
    })
    const ask = (part: object) => ({
      model: 'quiet/m',
      max_tokens: 10,
      messages: [{ role: 'user', content: [{ type: 'text', text }, part] }],
    })
    const sound = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }
    expect(await heldFor('/v1/chat/completions', ask(sound))).toBeGreaterThan(1000 * rates.inputAudio)
    expect(await heldFor('/v1/chat/completions', ask({ type: 'text', text: 'b' }))).toBeLessThan(2000)
  })
})
