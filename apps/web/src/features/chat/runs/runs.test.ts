import type { Message, RunEvent } from '@atrium/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerOf } from './answer-parts.ts'
import { applyEvent, initialRun, type RunState } from './run-state.ts'
import { RunStreams } from './run-streams.ts'

const identity = { runId: 'r', conversationId: 'c', assistantMessageId: 'a', model: 'atrium/guide' }

const message = (text: string): Message => ({
  id: 'a',
  parentId: 'u',
  role: 'assistant',
  author: null,
  content: [{ type: 'text', text }],
  status: 'complete',
  model: 'atrium/guide',
  runId: 'r',
  usage: null,
  costNanoUsd: '0',
  timing: null,
  traceId: null,
  error: null,
  rating: null,
  siblings: { index: 0, count: 1, previousId: null, nextId: null },
  createdAt: '2026-11-21T00:00:00Z',
})

const started: RunEvent = {
  type: 'turn_started',
  runId: 'r',
  conversationId: 'c',
  userMessage: null,
  assistantMessageId: 'a',
  parentId: 'u',
  model: 'atrium/guide',
  branched: false,
  traceId: 't',
  requestId: 'q',
}

const script: RunEvent[] = [
  started,
  { type: 'reasoning_delta', text: 'Let me ' },
  { type: 'reasoning_delta', text: 'think' },
  { type: 'text_delta', text: 'Hello ' },
  { type: 'tool_call_started', callId: '1', name: 'search' },
  { type: 'tool_call_delta', callId: '1', inputText: '{"q":' },
  { type: 'tool_call_ended', callId: '1', name: 'search', input: { q: 'x' } },
  { type: 'tool_result', callId: '1', name: 'search', output: 'found', isError: false },
  { type: 'citation', index: 1, title: 'Guide', url: null, snippet: '…' },
  { type: 'text_delta', text: 'world' },
]

const run = (events: [RunEvent, number][], from: RunState = initialRun(identity)): RunState =>
  events.reduce((state, [event, sequence]) => applyEvent(state, event, sequence, sequence * 1000), from)

describe('applyEvent', () => {
  const numbered = script.map((event, index): [RunEvent, number] => [event, index + 1])
  const whole = run(numbered)

  it('builds text, reasoning, tools and citations in order', () => {
    expect(whole.parts).toEqual([
      { type: 'reasoning', text: 'Let me think', durationMs: 2000 },
      { type: 'text', text: 'Hello ' },
      {
        type: 'tool',
        callId: '1',
        name: 'search',
        input: '{\n  "q": "x"\n}',
        output: 'found',
        state: 'done',
      },
      { type: 'text', text: 'world' },
    ])
    expect(whole.citations).toHaveLength(1)
  })

  it('applies each event once, however often and from wherever the stream is read again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 10 }), fc.nat({ max: 10 })), { maxLength: 8 }), (reads) => {
        let state = initialRun(identity)
        for (const [back, count] of reads) {
          const at = Math.max(0, state.lastSequence - back)
          state = run(numbered.slice(at, at + count), state)
        }
        state = run(numbered.slice(state.lastSequence), state)
        expect(state.parts).toEqual(whole.parts)
        expect(state.citations).toEqual(whole.citations)
      }),
    )
  })

  it('takes the stored message when the run has ended and ignores what follows', () => {
    const state = run(
      [
        [{ type: 'turn_completed', message: message('Stored') }, 11],
        [script[9] ?? started, 12],
      ],
      whole,
    )
    expect(state.phase).toBe('ended')
    expect(state.parts).toEqual([{ type: 'text', text: 'Stored' }])
  })

  it('ignores events without a number', () => {
    expect(applyEvent(whole, { type: 'reconnect' }, null, 0)).toBe(whole)
  })
})

describe('answerOf', () => {
  it('keeps a result whose call is missing', () => {
    const { parts } = answerOf([{ type: 'tool_result', callId: 'x', name: 'n', output: 'o', isError: true }])
    expect(parts).toEqual([{ type: 'tool', callId: 'x', name: 'n', input: '', output: 'o', state: 'error' }])
  })
})

const textOf = (events: [RunEvent, number][]): string =>
  events.map(([event, id]) => `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

const sse = (events: [RunEvent, number][]): Response => new Response(textOf(events))

/** An answer that stays open until its reader goes, as a browser's does. */
function staying(events: [RunEvent, number][], signal: AbortSignal): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (pipe) => {
      pipe.enqueue(new TextEncoder().encode(textOf(events)))
      signal.addEventListener('abort', () => pipe.error(signal.reason), { once: true })
    },
  })
  return new Response(body)
}

const settled = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 20)
  })

function streams(answers: (Response | ((signal: AbortSignal) => Response))[]) {
  const asked: string[] = []
  const ended: RunState[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const store = new RunStreams({
    open: (_, lastEventId, signal) => {
      asked.push(lastEventId)
      const answer = answers.shift()
      const next = typeof answer === 'function' ? answer(signal) : answer
      return next ? Promise.resolve(next) : Promise.reject(new Error('gone'))
    },
    isTemporary: () => false,
    onEnd: (state) => {
      ended.push(state)
      resolve()
    },
    onRefused: () => resolve(),
    schedule: (flush) => setTimeout(flush, 0),
  })
  return { store, asked, ended, promise }
}

describe('RunStreams', () => {
  const numbered = script.map((event, index): [RunEvent, number] => [event, index + 1])
  const terminal: [RunEvent, number] = [{ type: 'turn_completed', message: message('Stored') }, 11]

  it('resumes after the last applied event and ends once', async () => {
    const { store, asked, ended, promise } = streams([
      sse(numbered.slice(0, 4)),
      sse([...numbered.slice(2), terminal]),
    ])
    store.follow(identity)
    store.follow(identity)
    await promise
    await settled()
    expect(asked).toEqual(['', '4'])
    expect(ended).toHaveLength(1)
    expect(store.get('r')?.phase).toBe('ended')
  })

  it('tells listeners at most once per frame', async () => {
    const { store, promise } = streams([sse([...numbered, terminal])])
    let told = 0
    store.follow(identity)
    store.subscribe('r', () => {
      told += 1
    })
    await promise
    await settled()
    expect(told).toBeLessThan(numbered.length)
  })

  it('holds no connection while it rests, and reads on when it wakes', async () => {
    const left: AbortSignal[] = []
    const first = (signal: AbortSignal) => {
      left.push(signal)
      return staying(numbered.slice(0, 3), signal)
    }
    const { store, asked, ended, promise } = streams([first, sse([...numbered.slice(3), terminal])])
    store.follow(identity)
    await settled()
    store.rest()
    store.follow({ ...identity, runId: 'another' })
    await settled()
    expect(asked).toEqual([''])
    expect(left.map(({ aborted }) => aborted)).toEqual([true])
    store.wake()
    await promise
    await settled()
    expect(asked).toContain('3')
    expect(ended).toHaveLength(1)
  })

  it('says when the server does not know the run', async () => {
    const { store, promise } = streams([])
    store.follow(identity)
    await promise
    await settled()
    expect(store.get('r')?.connection).toBe('refused')
  })
})
