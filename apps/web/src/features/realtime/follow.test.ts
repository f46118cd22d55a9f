import { describe, expect, it } from 'vitest'
import { delayMs, followEvents, type FollowOptions } from './follow.ts'

const encoder = new TextEncoder()

/** A response that sends the given text and then ends, or hangs. */
function reply(text: string, end: 'close' | 'hang' | 'break' = 'close', signal?: AbortSignal): Response {
  return new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        if (text) controller.enqueue(encoder.encode(text))
        if (end === 'close') controller.close()
        if (end === 'break') controller.error(new TypeError('network'))
        signal?.addEventListener('abort', () => controller.error(new DOMException('aborted', 'AbortError')))
      },
    }),
  )
}

function follow(
  answers: ((lastEventId: string, signal: AbortSignal) => Response)[],
  extra: Partial<FollowOptions> = {},
) {
  const seen: string[] = []
  const asked: string[] = []
  const done = followEvents({
    open: (lastEventId, signal) => {
      asked.push(lastEventId)
      const answer = answers.shift()
      return answer ? Promise.resolve(answer(lastEventId, signal)) : Promise.reject(new Error('no more'))
    },
    onEvent: ({ data, type }) => {
      seen.push(data)
      if (type === 'reconnect') return 'reconnect'
      return data === 'end' ? 'end' : 'continue'
    },
    isTemporary: (error) => error instanceof TypeError,
    signal: new AbortController().signal,
    random: () => 0,
    ...extra,
  })
  return { seen, asked, done }
}

describe('followEvents', () => {
  it('resumes after the last id when the connection breaks', async () => {
    const { seen, asked, done } = follow([
      () => reply('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: ha'),
      () => reply('id: 3\ndata: c\n\n', 'break'),
      () => reply('id: 4\ndata: end\n\n', 'hang'),
    ])
    await done
    expect(seen.filter((data) => data !== 'c')).toEqual(['a', 'b', 'end'])
    expect(asked[1]).toBe('2')
  })

  it('opens again when the server says that it goes away', async () => {
    const { asked, done } = follow([
      () => reply('id: 7\ndata: a\n\nevent: reconnect\ndata: {}\n\n', 'hang'),
      () => reply('id: 8\ndata: end\n\n'),
    ])
    await done
    expect(asked).toEqual(['', '7'])
  })

  it('takes silence for a dead connection', async () => {
    const { asked, done } = follow(
      [(_, signal) => reply('id: 1\ndata: a\n\n', 'hang', signal), () => reply('data: end\n\n')],
      { silenceMs: 30 },
    )
    await done
    expect(asked).toEqual(['', '1'])
  })

  it('throws what another attempt cannot mend', async () => {
    const { done } = follow([])
    await expect(done).rejects.toThrow('no more')
  })

  it('ends quietly when it is no longer wanted', async () => {
    const stop = new AbortController()
    const { done } = follow([(_, signal) => reply(': beat\n\n', 'hang', signal)], { signal: stop.signal })
    setTimeout(() => stop.abort(), 10)
    await done
  })

  it('waits longer after each failure, up to a limit', () => {
    expect(delayMs(0, () => 1)).toBeLessThan(delayMs(3, () => 1))
    expect(delayMs(30, () => 1)).toBeLessThanOrEqual(15_100)
  })
})
