import { randomUUID } from 'node:crypto'
import type { Message, StopReceipt, TurnAccepted } from '@atrium/contract'
import {
  startConversation,
  startTestServer,
  textOfEvents,
  type Person,
  type TestServer,
} from '@atrium/testkit'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let provider: FakeProvider
let server: TestServer
let owner: Person

beforeAll(async () => {
  provider = await startFakeProvider()
  server = await startTestServer({
    environment: { OPENAI_API_KEY: 'fake-key', OPENAI_BASE_URL: `${provider.url}/v1` },
  })
  owner = await server.owner()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const model = 'openai/fake-1'
const start = () => startConversation(owner, model)
const lastOf = <T>(list: readonly T[]): T => {
  const last = list.at(-1)
  if (last === undefined) throw new Error('the list is empty')
  return last
}

describe('a turn', () => {
  it('streams numbered events from turn_started to exactly one terminal event', async () => {
    const chat = await start()
    const events = await chat.send('[[fake tokens=30]]')
    expect(events[0]?.type).toBe('turn_started')
    expect(events.map((event) => event.id)).toEqual(events.map((_, index) => index + 1))
    expect(
      events.filter((event) => /^turn_(completed|stopped|interrupted|failed)$/.test(event.type)),
    ).toHaveLength(1)
    expect(lastOf(events).type).toBe('turn_completed')
  })

  it('stores the answer exactly as it was shown, with usage and cost', async () => {
    const chat = await start()
    const events = await chat.send('[[fake tokens=40]]')
    const { messages } = await chat.open()
    expect(messages.map((message) => [message.role, message.status])).toEqual([
      ['user', 'complete'],
      ['assistant', 'complete'],
    ])
    expect(messages[1]?.content).toEqual([{ type: 'text', text: textOfEvents(events) }])
    expect(messages[1]?.usage?.output.text).toBe(40)
    expect(messages[1]?.traceId).toMatch(/^[0-9a-f]{32}$/)
  })

  it('sends the whole path to the model, in order', async () => {
    const chat = await start()
    await chat.send('first [[fake text="one"]]')
    await chat.send('second [[fake text="two"]]')
    const call = lastOf(provider.calls.filter((one) => JSON.stringify(one.body).includes('second')))
    const { messages } = call.body as { messages: { role: string; content: unknown }[] }
    expect(messages.map((message) => message.role)).toEqual(['user', 'assistant', 'user'])
  })

  it('is refused with 400 without an Idempotency-Key', async () => {
    const chat = await start()
    const reply = await owner.client.post(
      `${chat.path}/turns`,
      { parentId: null, message: { id: randomUUID(), content: [{ type: 'text', text: 'hi' }] } },
      { allowFailure: true },
    )
    expect(reply.status).toBe(400)
    expect((await chat.open()).messages).toEqual([])
  })

  it('is refused with 404 for a model that nobody has', async () => {
    const chat = await start()
    await expect(chat.accept('hi', { model: 'openai/no-such-model-at-all' })).rejects.toThrow('404')
    expect((await chat.open()).messages).toEqual([])
  })

  it('is refused by name with 400 when the text holds NUL', async () => {
    const chat = await start()
    await expect(chat.accept('a\0b')).rejects.toThrow(/400.*NUL/)
  })
})

describe('the same Idempotency-Key', () => {
  it('gives one message and one provider call to 50 parallel submits', async () => {
    const chat = await start()
    const id = randomUUID()
    const text = `parallel ${id} [[fake tokens=5]]`
    const before = provider.calls.length
    const replies = await Promise.all(
      Array.from({ length: 50 }, () =>
        owner.client.post<TurnAccepted>(
          `${chat.path}/turns`,
          { parentId: null, message: { id, content: [{ type: 'text', text }] } },
          { headers: { 'idempotency-key': id }, allowFailure: true },
        ),
      ),
    )
    expect(replies.filter((reply) => reply.status >= 500)).toEqual([])
    await expect.poll(async () => (await chat.open()).messages[1]?.status).toBe('complete')
    expect((await chat.open()).messages).toHaveLength(2)
    expect(
      provider.calls
        .slice(before)
        .filter((call) => JSON.stringify(call.body).includes(`"${text.slice(0, 40)}`)),
    ).toHaveLength(1)
  })

  it('answers 409 with the run while it is written, and the stored answer afterwards', async () => {
    const chat = await start()
    const id = randomUUID()
    const request = {
      parentId: null,
      message: { id, content: [{ type: 'text', text: '[[fake tokens=60 rate=60]]' }] },
    }
    const again = () =>
      owner.client.post<TurnAccepted & { error: { details: { runId: string } } }>(
        `${chat.path}/turns`,
        request,
        { headers: { 'idempotency-key': id }, allowFailure: true },
      )
    const first = await again()
    const meanwhile = await again()
    expect([first.status, meanwhile.status]).toEqual([200, 409])
    expect(meanwhile.body.error.details.runId).toBe(first.body.run.id)
    await expect.poll(async () => (await chat.open()).messages[1]?.status, { timeout: 5000 }).toBe('complete')
    const later = await again()
    expect(later.status).toBe(200)
    expect(later.headers.get('idempotent-replayed')).toBe('true')
    expect(later.body.run.id).toBe(first.body.run.id)
  })

  it('answers 422 for another body', async () => {
    const chat = await start()
    const key = randomUUID()
    await chat.accept('one [[fake tokens=1]]', { key, parentId: null })
    await expect(chat.accept('two [[fake tokens=1]]', { key, parentId: null })).rejects.toThrow('422')
  })
})

describe('resuming', () => {
  it('continues after Last-Event-ID with a byte-identical transcript, live and finished', async () => {
    const chat = await start()
    const { run } = await chat.accept('[[fake tokens=80 rate=100]]')
    const path = `${chat.path}/runs/${run.id}/events`
    const whole = owner.client.raw(path).then((response) => response.text())
    const live = await Array.fromAsync(owner.client.events(path, { headers: { 'last-event-id': '5' } }))
    const finished = await (await owner.client.raw(path)).text()
    expect(await whole).toBe(finished)
    const rest = await Array.fromAsync(owner.client.events(path, { headers: { 'last-event-id': '5' } }))
    expect(live).toEqual(rest)
    expect(live[0]?.id).toBe(6)
  })

  it('ends with the last event also for those who have it, or claim to have more', async () => {
    const chat = await start()
    const { run } = await chat.accept('[[fake tokens=40 rate=100]]')
    const after = (id: number | null) =>
      Array.fromAsync(
        owner.client.events(`${chat.path}/runs/${run.id}/events`, {
          headers: { 'last-event-id': String(id) },
        }),
      )
    const [whole, live] = await Promise.all([after(0), after(999_999_999)])
    const last = whole.slice(-1)
    expect(last[0]?.type).toBe('turn_completed')
    expect(live).toEqual(last)
    expect(await after(999_999_999)).toEqual(last)
    expect(await after(last[0]?.id ?? null)).toEqual(last)
  })

  it('goes on when the reader disconnects: only Stop cancels', async () => {
    const chat = await start()
    for await (const event of chat.stream('[[fake tokens=60 rate=100]]'))
      if (event.type === 'text_delta') break
    await expect.poll(async () => (await chat.open()).messages[1]?.status, { timeout: 5000 }).toBe('complete')
    expect((await chat.open()).messages[1]?.usage?.output.text).toBe(60)
  })
})

describe('stop', () => {
  it('closes the upstream socket, keeps what was shown and answers with a receipt', async () => {
    const chat = await start()
    const shown: string[] = []
    let receipt: StopReceipt | undefined
    for await (const event of chat.stream('stop me [[fake tokens=2000 rate=100]]')) {
      if (event.type === 'text_delta') shown.push(String(event.data['text']))
      if (shown.length === 5 && !receipt) {
        const { runs } = await chat.open()
        receipt = (await owner.client.post<StopReceipt>(`${chat.path}/runs/${runs[0]?.id}/stop`)).body
      }
    }
    expect(receipt?.status).toBe('stopped')
    expect(receipt?.outputTokens).toBeGreaterThan(0)
    const { messages } = await chat.open()
    expect(messages[1]?.status).toBe('stopped')
    expect(messages[1]?.content).toEqual([{ type: 'text', text: shown.join('') }])
    const call = lastOf(provider.calls.filter((one) => JSON.stringify(one.body).includes('stop me')))
    await expect.poll(() => call.closedByClientAt).toBeTruthy()
    expect(call.tokensSent).toBeLessThan(2000)
  })

  it('of a run that has ended changes nothing', async () => {
    const chat = await start()
    const events = await chat.send('[[fake tokens=3]]')
    const reply = await owner.client.post<StopReceipt>(
      `${chat.path}/runs/${String(events[0]?.data['runId'])}/stop`,
    )
    expect(reply.body.status).toBe('completed')
    expect((await chat.open()).messages[1]?.status).toBe('complete')
  })
})

describe('the tree', () => {
  it('gets a sibling by editing, and the path follows it', async () => {
    const chat = await start()
    await chat.send('one [[fake text="a"]]')
    const first = (await chat.open()).messages[0] as Message
    await chat.send('one, better [[fake text="b"]]', { parentId: first.parentId })
    const { messages } = await chat.open()
    expect(messages.map((message) => message.siblings.count)).toEqual([2, 1])
    expect(messages[0]?.siblings).toMatchObject({ index: 1, previousId: first.id, nextId: null })
  })

  it('says that a message from a stale leaf began a branch', async () => {
    const chat = await start()
    await chat.send('[[fake text="a"]]')
    const stale = (await chat.open()).leafId
    await chat.send('[[fake text="b"]]')
    const events = await chat.send('from the other tab [[fake text="c"]]', { parentId: stale })
    expect(events[0]?.data['branched']).toBe(true)
    expect((await chat.open()).messages[2]?.siblings.count).toBe(2)
  })

  it('says nothing of a branch that was begun on purpose, by someone who saw where the conversation ended', async () => {
    const chat = await start()
    await chat.send('one [[fake text="a"]]')
    const { messages, leafId } = await chat.open()
    const parentId = (messages[0] as Message).parentId
    const edit = await chat.send('one, better [[fake text="b"]]', { parentId, leafId })
    expect(edit[0]?.data['branched']).toBe(false)
    const late = await chat.send('one, from another tab [[fake text="c"]]', { parentId, leafId })
    expect(late[0]?.data['branched']).toBe(true)
  })

  it('gets another answer beside the first by regenerating with another model', async () => {
    const chat = await start()
    await chat.send('[[fake text="a"]]')
    const answer = lastOf((await chat.open()).messages)
    const reply = await owner.client.post<TurnAccepted>(
      `${chat.path}/messages/${answer.id}/regenerations`,
      { model: 'openai/fake-echo' },
      { headers: { 'idempotency-key': randomUUID() } },
    )
    await expect.poll(async () => lastOf((await chat.open()).messages).status).toBe('complete')
    const now = lastOf((await chat.open()).messages)
    expect(now).toMatchObject({
      id: reply.body.run.assistantMessageId,
      model: 'openai/fake-echo',
      siblings: { index: 1, count: 2 },
    })
  })

  it('refuses a leaf move from a stale place with 409 and the current leaf', async () => {
    const chat = await start()
    await chat.send('[[fake text="a"]]')
    const { messages, leafId } = await chat.open()
    const reply = await owner.client.put<{ error: { details: { leafId: string } } }>(
      `${chat.path}/leaf`,
      { messageId: messages[0]?.id, expected: randomUUID() },
      { allowFailure: true },
    )
    expect(reply.status).toBe(409)
    expect(reply.body.error.details.leafId).toBe(leafId)
  })

  it('goes down to the newest answer when another version is chosen', async () => {
    const chat = await start()
    await chat.send('[[fake text="a"]]')
    const before = await chat.open()
    await chat.send('again [[fake text="b"]]', { parentId: null })
    const now = await chat.open()
    const moved = await owner.client.put<{ leafId: string }>(`${chat.path}/leaf`, {
      messageId: before.messages[0]?.id,
      expected: now.leafId,
      descend: true,
    })
    expect(moved.body.leafId).toBe(before.leafId)
  })
})

describe('sending while an answer is written', () => {
  it('queues the turn and answers it after the first, in order', async () => {
    const chat = await start()
    const first = await chat.accept('one [[fake tokens=40 rate=60]]')
    const second = await chat.accept('two [[fake text="second"]]', { parentId: first.run.assistantMessageId })
    expect(second.run.status).toBe('queued')
    await expect
      .poll(async () => (await chat.open()).messages.map((message) => message.status), { timeout: 8000 })
      .toEqual(['complete', 'complete', 'complete', 'complete'])
  })

  it('can be taken back by Stop before it begins', async () => {
    const chat = await start()
    const first = await chat.accept('one [[fake tokens=60 rate=60]]')
    const second = await chat.accept('two', { parentId: first.run.assistantMessageId })
    const reply = await owner.client.post<StopReceipt>(`${chat.path}/runs/${second.run.id}/stop`)
    expect(reply.body).toMatchObject({ status: 'stopped', costNanoUsd: '0' })
  })
})

describe('a provider that fails', () => {
  it.each([
    ['in the middle: the partial text is kept', '[[fake tokens=50 fault=cut-after:10]]', true],
    ['with an error after 200', '[[fake tokens=50 fault=error-after:10]]', true],
    ['at once', '[[fake fault=status:400]]', false],
    ['with garbage', '[[fake tokens=20 fault=garbage:5]]', true],
    ['with a page of HTML', '[[fake fault=html]]', false],
  ])('%s', async (_, text, partial) => {
    const chat = await start()
    const events = await chat.send(text)
    expect(lastOf(events).type).toBe('turn_failed')
    const answer = lastOf((await chat.open()).messages)
    expect(answer.status).toBe('failed')
    expect(answer.error?.code).toMatch(/^[A-Z_]+$/)
    expect(answer.content.length > 0).toBe(partial)
  })
})

describe('a model that is gone', () => {
  it('is replaced by one that can be called when an old answer is written again', async () => {
    const chat = await start()
    await chat.send('[[fake text="a"]]')
    const answer = lastOf((await chat.open()).messages)
    const database = new pg.Client({ connectionString: server.roles.job })
    await database.connect()
    await database.query('UPDATE chat.messages SET model = $1 WHERE id = $2', ['gone/model', answer.id])
    await database.end()
    const reply = await owner.client.post<TurnAccepted>(
      `${chat.path}/messages/${answer.id}/regenerations`,
      {},
      { headers: { 'idempotency-key': randomUUID() } },
    )
    expect(reply.body.run.model).toBe(model)
  })
})

describe('continuing', () => {
  it('begins with the partial text and sends it to the model', async () => {
    const chat = await start()
    await chat.send('long [[fake tokens=50 fault=cut-after:10 times=1]]')
    const broken = lastOf((await chat.open()).messages)
    await owner.client.post(
      `${chat.path}/messages/${broken.id}/continuations`,
      {},
      { headers: { 'idempotency-key': randomUUID() } },
    )
    await expect.poll(async () => lastOf((await chat.open()).messages).status).toBe('complete')
    const whole = lastOf((await chat.open()).messages)
    const partial = broken.content[0]?.type === 'text' ? broken.content[0].text : ''
    expect(partial).not.toBe('')
    expect(whole.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining(partial) })
    expect(
      JSON.stringify(
        lastOf(provider.calls.filter((call) => JSON.stringify(call.body).includes('long ['))).body,
      ),
    ).toContain(partial.trim().slice(0, 10))
  })
})

describe('titles', () => {
  it('are made after the first answer and never replace one given by a person', async () => {
    const chat = await start()
    await chat.send('Tell me about llamas [[fake tokens=3]]')
    await expect.poll(async () => (await chat.open()).conversation.title, { timeout: 10_000 }).not.toBe('')
    expect((await chat.open()).conversation.titleSource).toBe('model')
    const named = await start()
    await owner.client.patch(named.path, { title: 'Mine' })
    await named.send('[[fake tokens=3]]')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect((await named.open()).conversation.title).toBe('Mine')
  })
})
