import { afterAll, beforeAll, expect, it } from 'vitest'
import { createKey, openStage, valueAt, type Stage } from './testing/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const path = '/v1/chat/completions'
const model = 'anthropic/fake-1'
const tools = [
  { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
]
const question = { role: 'user', content: '[[fake reasoning=5 tool=look args="{}"]] look' }

/** What a client that knows no reasoning sends back: the call and its result, nothing else. */
function answered(reply: unknown): object[] {
  const call = valueAt(reply, 'choices.0.message.tool_calls.0')
  return [
    question,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: valueAt(call, 'id'), content: 'seen' },
  ]
}

const thinkingSent = (): boolean => JSON.stringify(stage.provider.calls.at(-1)?.body).includes('"signature"')

it('gives a provider its signed reasoning back although the client dropped it', async () => {
  const body = { model, tools, reasoning_effort: 'low', max_completion_tokens: 4000 }
  const first = await stage.post(path, { ...body, messages: [question] })
  const reply: unknown = await first.json()
  expect(first.status, JSON.stringify(reply)).toBe(200)
  const second = await stage.post(path, { ...body, messages: answered(reply) })
  expect(second.status, await second.text()).toBe(200)
  expect(thinkingSent()).toBe(true)
  const { rows } = await stage.database.query('SELECT parts FROM gateway.call_states')
  expect(rows).toHaveLength(1)
})

it('gives it to nobody else', async () => {
  const body = { model, tools, reasoning_effort: 'low', max_completion_tokens: 4000 }
  const reply: unknown = await (await stage.post(path, { ...body, messages: [question] })).json()
  const other = await stage.server.invite(stage.owner, 'member')
  const key = await createKey(other)
  await stage.post(path, { ...body, messages: answered(reply) }, { authorization: `Bearer ${key}` })
  expect(thinkingSent()).toBe(false)
})
