import type { TurnAccepted } from '@atrium/contract'
import { describe, expect, it } from 'vitest'
import { memoryStorage } from './memory-storage.ts'
import { Outbox, type OutboxEntry } from './outbox.ts'

class Offline extends Error {}

const entry = (id: string, parent: OutboxEntry['parent'], createdAtMs: number): OutboxEntry => ({
  id,
  conversationId: 'c',
  create: null,
  parent,
  content: [{ type: 'text', text: id }],
  files: [],
  model: null,
  thinking: null,
  createdAtMs,
  state: 'waiting',
  error: null,
})

const accept = (id: string, parentId: string | null): TurnAccepted => ({
  run: {
    id: `run-${id}`,
    conversationId: 'c',
    assistantMessageId: `answer-${id}`,
    parentId: id,
    status: 'running',
    model: 'm',
    lastSequence: 0,
    traceId: 't',
    createdAt: '',
    endedAt: null,
  },
  userMessage: null,
  branched: parentId === 'stale',
})

/** A server that knows idempotency keys, and a network that can be cut. */
function world() {
  const turns = new Map<string, string | null>()
  const state = { online: true, losesAnswers: false, refuses: new Set<string>() }
  let lock = Promise.resolve<unknown>(null)
  const open = (storage: ReturnType<typeof memoryStorage>, onGone = () => Promise.resolve()) =>
    new Outbox({
      storage,
      onGone,
      send: (each, parentId) => {
        if (!state.online) return Promise.reject(new Offline())
        if (state.refuses.has(each.id)) return Promise.reject(new Error('too long'))
        if (!turns.has(each.id)) turns.set(each.id, parentId)
        if (state.losesAnswers) return Promise.reject(new Offline())
        return Promise.resolve(accept(each.id, parentId))
      },
      explain: (error) => ({ temporary: error instanceof Offline, message: String(error), requestId: null }),
      onAccepted: () => {},
      exclusively: <T>(work: () => Promise<T>) => {
        const next = lock.then(work, work)
        lock = next
        return next
      },
      wait: () => new Promise(() => {}),
    })
  return { turns, state, open }
}

describe('Outbox', () => {
  it('sends in order, each with the answer of the one before as its parent', async () => {
    const { turns, open } = world()
    const outbox = open(memoryStorage())
    await outbox.add(entry('a', { messageId: null }, 1))
    await outbox.add(entry('b', { entryId: 'a' }, 2))
    await outbox.flush()
    expect([...turns]).toEqual([
      ['a', null],
      ['b', 'answer-a'],
    ])
    expect(outbox.entries()).toEqual([])
  })

  it('keeps messages while offline and sends them after a reload', async () => {
    const { turns, state, open } = world()
    const storage = memoryStorage()
    state.online = false
    const before = open(storage)
    await before.add(entry('a', { messageId: 'm' }, 1))
    await before.add(entry('b', { entryId: 'a' }, 2))
    await before.flush()
    before.close()
    expect(turns.size).toBe(0)
    state.online = true
    const after = open(storage)
    await after.reload()
    expect([...turns.keys()]).toEqual(['a', 'b'])
    expect(await storage.all()).toEqual([])
  })

  it('gives one turn when the answer is lost and the message is sent again', async () => {
    const { turns, state, open } = world()
    const storage = memoryStorage()
    state.losesAnswers = true
    await open(storage).add(entry('a', { messageId: null }, 1))
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
    state.losesAnswers = false
    await open(storage).reload()
    expect([...turns.keys()]).toEqual(['a'])
    expect(await storage.all()).toEqual([])
  })

  it('gives one turn when two tabs send at once', async () => {
    const { turns, state, open } = world()
    const storage = memoryStorage()
    state.online = false
    await open(storage).add(entry('a', { messageId: null }, 1))
    state.online = true
    await Promise.all([open(storage).reload(), open(storage).reload()])
    expect([...turns.keys()]).toEqual(['a'])
  })

  it('shows what another tab has sent until it has been read from the server', async () => {
    const { turns, state, open } = world()
    const storage = memoryStorage()
    const read = Promise.withResolvers<void>()
    state.online = false
    const watching = open(storage, () => read.promise)
    await watching.add(entry('a', { messageId: null }, 1))
    await watching.flush()
    state.online = true
    await open(storage).reload()
    await watching.reload()
    expect([...turns.keys()]).toEqual(['a'])
    expect(watching.entries().map(({ id, state: each }) => [id, each])).toEqual([['a', 'sending']])
    read.resolve()
    await read.promise
    await Promise.resolve()
    expect(watching.entries()).toEqual([])
  })

  it('lets the next message follow the parent of a cancelled one', async () => {
    const { turns, state, open } = world()
    state.online = false
    const outbox = open(memoryStorage())
    await outbox.add(entry('a', { messageId: 'm' }, 1))
    await outbox.add(entry('b', { entryId: 'a' }, 2))
    await outbox.flush()
    await outbox.cancel('a')
    state.online = true
    await outbox.flush()
    expect([...turns]).toEqual([['b', 'm']])
  })

  it('waits until a limit is lifted, and says until when', async () => {
    const waits: number[] = []
    let sent = 0
    const untilMs = Date.now() + 60_000
    const outbox = new Outbox({
      storage: memoryStorage(),
      send: (each, parentId) =>
        (sent += 1) === 1 ? Promise.reject(new Error('limit')) : Promise.resolve(accept(each.id, parentId)),
      explain: () => ({ temporary: true, message: 'The limit is reached.', requestId: null, untilMs }),
      onAccepted: () => {},
      exclusively: (work) => work(),
      wait: (ms) => {
        waits.push(ms)
        return waits.length === 1 ? Promise.resolve() : new Promise(() => {})
      },
    })
    await outbox.add(entry('a', { messageId: null }, 1))
    await expect.poll(() => sent).toBe(2)
    expect(waits[0]).toBeGreaterThan(50_000)
    expect(outbox.entries()).toEqual([])
  })

  it('keeps a refused message with its reason and holds back those that follow it', async () => {
    const { turns, state, open } = world()
    state.refuses.add('a')
    const outbox = open(memoryStorage())
    await outbox.add(entry('a', { messageId: null }, 1))
    await outbox.add(entry('b', { entryId: 'a' }, 2))
    await outbox.flush()
    expect(outbox.entries().map(({ id, state: each }) => [id, each])).toEqual([
      ['a', 'failed'],
      ['b', 'waiting'],
    ])
    state.refuses.clear()
    await outbox.retry('a')
    expect([...turns.keys()]).toEqual(['a', 'b'])
  })
})
