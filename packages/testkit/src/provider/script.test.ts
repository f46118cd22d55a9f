import { afterAll, beforeEach, beforeAll, describe, expect, it } from 'vitest'
import { parseDirective, scriptOfModel } from './directives.ts'
import { readScript, ScriptError } from './script.ts'
import { startFakeProvider, type FakeProvider } from './server.ts'
import { hear, requestOf, send } from './test-client.ts'
import { fakeText, indexesIn } from './tokens.ts'

let provider: FakeProvider
beforeAll(async () => {
  provider = await startFakeProvider({ models: ['claude-sonnet-4-5'] })
})
beforeEach(() => provider.reset())
afterAll(async () => provider[Symbol.asyncDispose]())

const dialect = 'openai-chat'

describe('directives', () => {
  it('reads bare values, JSON strings and keys alone', () => {
    const text =
      'please [[fake tokens=200 rate=60 ttft=50 seed=7 fault=ping,cut-after:20 echo text="a ]] \\"b\\""]]'
    expect(parseDirective(text)).toEqual({
      tokens: 200,
      rate: 60,
      ttftMs: 50,
      seed: 7,
      fault: ['ping', 'cut-after:20'],
      echo: true,
      text: 'a ]] "b"',
    })
    expect(parseDirective('[[fake tools=2 tool=find args="{\\"q\\":[[1]]}"]]')).toEqual({
      toolCalls: [
        { name: 'find', args: { q: [[1]] } },
        { name: 'find', args: { q: [[1]] } },
      ],
    })
    expect(parseDirective('[[fake]] and [[other]]')).toEqual({})
  })

  it.each([
    '[[fake tokens]]',
    '[[fake tokens=x]]',
    '[[fake colour=red]]',
    '[[fake tokens=1',
    '[[fake fault=boom]]',
  ])('refuses %s', (text) => {
    expect(() => parseDirective(text)).toThrow(ScriptError)
  })

  it('answers a bad directive with 400', async () => {
    const response = await send(provider.url, { dialect, text: '[[fake tokens=many]]' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('fake script: bad value for tokens')
  })

  it('reads scripts in model names', async () => {
    expect(scriptOfModel('fake-slow+rate=9+echo')).toMatchObject({ rate: 9, ttftMs: 800, echo: true })
    const heard = await hear(provider.url, { dialect: 'gemini', model: 'fake-1+tokens=3+fault=ping:2' })
    expect(heard.text).toBe(fakeText(3))
    expect(() => readScript({ tokens: 1, nonsense: 2 })).toThrow('no such script field: nonsense')
  })
})

describe('words', () => {
  it('name their place, with characters of many bytes among them', () => {
    const text = fakeText(500, 9)
    expect(indexesIn(text)).toEqual(Array.from({ length: 500 }, (_, index) => index))
    expect(text).toMatch(/é/)
    expect(text).toMatch(/👩‍🚀/)
    expect(fakeText(500, 9)).toBe(text)
    expect(fakeText(500, 8)).not.toBe(text)
  })
})

describe('which script applies', () => {
  it('prefers the queue to the directive, the directive to the model, the model to the defaults', async () => {
    await using other = await startFakeProvider({ defaults: { tokens: 1, reasoning: 1 } })
    expect(await hear(other.url, { dialect })).toMatchObject({ text: fakeText(1) })
    const model = 'fake-1+tokens=2'
    expect(await hear(other.url, { dialect, model })).toMatchObject({ text: fakeText(2) })
    const text = '[[fake tokens=3]]'
    expect(await hear(other.url, { dialect, model, text })).toMatchObject({ text: fakeText(3) })
    other.enqueue({ text: 'from the queue' })
    expect(await hear(other.url, { dialect, model, text })).toMatchObject({ text: 'from the queue' })
    expect(await hear(other.url, { dialect, model, text })).toMatchObject({ text: fakeText(3) })
  })

  it('keeps an enqueued script for the call it is meant for', async () => {
    provider.enqueue({ text: 'mine' }, { includes: 'needle', model: 'fake-1' })
    expect((await hear(provider.url, { dialect, text: 'hay' })).text).toBe(fakeText(24))
    expect((await hear(provider.url, { dialect, text: 'a needle' })).text).toBe('mine')
  })

  it('strikes only so many times and only on one model', async () => {
    const text = '[[fake tokens=2 fault=status:503 times=2 on=fake-a]]'
    const status = async (model: string): Promise<number> => {
      const response = await send(provider.url, { dialect, model, text })
      await response.text()
      return response.status
    }
    expect([await status('fake-a'), await status('fake-b'), await status('fake-a')]).toEqual([503, 200, 200])
    expect(provider.stats()).toMatchObject({ turnsByMarker: { [text]: 3 }, refused: 1, finished: 2 })
  })

  it('gives titles a short text, whatever the conversation orders', async () => {
    provider.enqueue({ text: 'for the turn' })
    const text = 'Write a title for: [[fake tokens=500 fault=cut-after:1]]'
    const heard = await hear(provider.url, { dialect, text, body: { max_tokens: 30 } })
    expect(heard.text).toBe('A short fake title')
    expect(provider.stats()).toMatchObject({ titles: 1, turnsByMarker: {} })
    expect((await hear(provider.url, { dialect })).text).toBe('for the turn')
  })

  it('calls tools once for a user message and answers their results with text', async () => {
    const { body } = requestOf({ dialect })
    const messages = [
      { role: 'user', content: '[[fake tools=1 tokens=4]]' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
    ]
    const heard = await hear(provider.url, { dialect, body: { ...body, messages } })
    expect(heard).toMatchObject({ calls: [], text: fakeText(4), stop: 'stop' })
  })

  it('knows the models and keys it was given', async () => {
    expect((await hear(provider.url, { dialect, model: 'claude-sonnet-4-5' })).finished).toBe(true)
    await using strict = await startFakeProvider({ keys: ['only-this'] })
    expect((await send(strict.url, { dialect, key: 'sk-good' })).status).toBe(401)
    expect((await hear(strict.url, { dialect, key: 'only-this' })).finished).toBe(true)
  })
})
