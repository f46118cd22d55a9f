import { setTimeout as sleep } from 'node:timers/promises'
import type { Alias, PolicyInput } from '@atrium/contract'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStage, stageKinds, type Stage } from './testing/stage.ts'

let stage: Stage
let one: FakeProvider
let two: FakeProvider
const scope = new AsyncDisposableStack()
let serial = 0

beforeAll(async () => {
  stage = scope.use(await openStage())
  one = scope.use(await startFakeProvider({ models: ['gpt-4o'] }))
  two = scope.use(await startFakeProvider({ models: ['gpt-4o', 'gpt-4o-mini'] }))
})

beforeEach(() => {
  one.reset()
  two.reset()
})

afterAll(() => scope.disposeAsync())

interface Pair {
  /** The first target, at provider `one`. */
  readonly a: string
  /** The second, at provider `two`. */
  readonly b: string
  readonly alias: string
}

const both = (a: string, b: string): PolicyInput['plan'] => ({
  strategy: 'priority',
  targets: [
    { model: a, priority: 1 },
    { model: b, priority: 2 },
  ],
})

/** An alias over two fresh deployments, so that no test meets the breakers of another. */
async function pair(
  kind: string = 'openai',
  more: Partial<PolicyInput> = {},
  upstream: readonly [string, string] = ['fake-1', 'fake-1'],
): Promise<Pair> {
  serial += 1
  const places = [
    [`a${serial}`, one, upstream[0]],
    [`b${serial}`, two, upstream[1]],
  ] as const
  for (const [slug, { url }, model] of places)
    await stage.connect(slug, kind, kind.startsWith('openai') ? `${url}/v1` : url, [model])
  const [a, b] = [`a${serial}/${upstream[0]}`, `b${serial}/${upstream[1]}`]
  const { body } = await stage.owner.client.post<Alias>(`${stage.owner.base}/aliases`, {
    name: `alias-${serial}`,
    policy: { plan: both(a, b), ...more },
  })
  return { a, b, alias: body.name }
}

const turns = (provider: FakeProvider): number =>
  provider.calls.filter(({ purpose }) => purpose === 'turn').length

describe.each(stageKinds)('a failure before the first content, in the dialect of %s', (kind) => {
  it.each([
    ['status:429:30', 'PROVIDER_RATE_LIMITED'],
    [
      'status:429-spend',
      kind === 'ollama' || kind === 'google' ? 'PROVIDER_RATE_LIMITED' : 'PROVIDER_QUOTA_EXHAUSTED',
    ],
    ['status:529', 'PROVIDER_OVERLOADED'],
    ['status:500', 'PROVIDER_ERROR'],
    ['status:401', 'PROVIDER_AUTHENTICATION'],
    ['error-after:0', /PROVIDER_(OVERLOADED|ERROR)/],
    ['garbage:0', 'PROVIDER_INVALID_RESPONSE'],
    ['cut-headers', 'PROVIDER_UNREACHABLE'],
    ['empty', 'PROVIDER_STREAM_CUT'],
    ['stall-first-token', 'PROVIDER_TIMEOUT'],
  ] as const)('%s is invisible: another deployment answers', async (fault, code) => {
    const { a, b, alias } = await pair(kind)
    one.enqueue({ fault })
    const { result, text, parts } = await stage.call(alias, '[[fake text=hello]]')
    expect(text).toBe('hello')
    expect(parts.filter(({ type }) => type === 'response-start').length).toBeLessThanOrEqual(1)
    expect(result).toMatchObject({ status: 'finished', error: null, why: { chosen: b } })
    expect(result.why.attempts).toMatchObject([
      { deployment: a, outcome: code instanceof RegExp ? expect.stringMatching(code) : code },
      { deployment: b, outcome: 'finished' },
    ])
    expect([turns(one), turns(two)]).toEqual([1, 1])
    expect(await stage.rowsOf(result.callId)).toMatchObject([{ status: 'finished', attempts: 2 }])
    expect(await settled(result.callId, 2)).toMatchObject([{ status: 'failed' }, { status: 'finished' }])
  })
})

/** One settled row of the ledger for each attempt. */
async function settled(callId: string, attempts: number): Promise<Record<string, unknown>[]> {
  await expect
    .poll(async () => (await stage.holdsOf(callId)).filter(({ state }) => state === 'settled').length)
    .toBe(attempts)
  const rows = await stage.holdsOf(callId)
  expect(rows).toHaveLength(attempts)
  return rows
}

describe('a failure that no other deployment would do better', () => {
  it('is reported and not tried elsewhere', async () => {
    const { alias } = await pair()
    one.enqueue({ fault: 'status:400' })
    const { result } = await stage.call(alias, 'hello')
    expect(result.error?.code).toBe('PROVIDER_REFUSED_REQUEST')
    expect(turns(two)).toBe(0)
  })

  it('comes after the first content: the text stays, a typed error ends it', async () => {
    const { alias } = await pair()
    one.enqueue({ tokens: 20, fault: 'cut-after:5' })
    const { result, text } = await stage.call(alias, 'hello')
    expect(text).toMatch(/^w0/)
    expect(result).toMatchObject({ status: 'failed', error: { code: 'PROVIDER_STREAM_CUT' } })
    expect(turns(two)).toBe(0)
    expect(await settled(result.callId, 1)).toMatchObject([{ status: 'failed', is_estimated: true }])
  })

  it('comes when every deployment has failed: the last one is reported', async () => {
    const { alias } = await pair()
    const { result } = await stage.call(alias, '[[fake fault=status:503]]')
    expect(result.error?.code).toBe('PROVIDER_OVERLOADED')
    expect([turns(one), turns(two)]).toEqual([1, 1])
    expect(await stage.rowsOf(result.callId)).toHaveLength(1)
  })
})

describe('a deployment that fails', () => {
  it('is left alone for as long as it asks, also when nothing else is there', async () => {
    const { a, b, alias } = await pair()
    one.enqueue({ fault: 'status:429:30' })
    await stage.call(alias, 'hello')
    two.enqueue({ fault: 'status:429:20' })
    const second = await stage.call(alias, 'hello')
    expect(second.result.error).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 20_000 })
    const third = await stage.call(alias, 'hello')
    expect(third.result.error).toMatchObject({ code: 'NO_DEPLOYMENT_AVAILABLE', retryable: true })
    expect(third.result.error?.retryAfterMs).toBeGreaterThan(15_000)
    expect(third.result.why.candidates).toMatchObject([
      { deployment: a, passedOver: expect.stringContaining('limits requests') },
      { deployment: b, passedOver: expect.stringContaining('limits requests') },
    ])
    expect([turns(one), turns(two)]).toEqual([1, 2])
  })

  it('without credit is not asked for long, and never again for the same call', async () => {
    const { a, alias } = await pair('openai', { retries: { sameTarget: 3 } })
    const { result } = await stage.call(alias, '[[fake fault=status:429-spend]]')
    expect(result.error?.code).toBe('PROVIDER_QUOTA_EXHAUSTED')
    expect([turns(one), turns(two)]).toEqual([1, 1])
    const entry = stage.models.own.aliases.health(stage.owner.workspaceId).find(({ model }) => model === a)
    expect(entry).toMatchObject({ state: 'open', coolingReason: 'quota' })
    expect(Date.parse(entry?.coolingUntil ?? '') - Date.now()).toBeGreaterThan(500_000)
  })

  it('several times opens its breaker, and is the last resort when nothing else is there', async () => {
    const { a, alias } = await pair()
    for (let round = 0; round < 5; round += 1) {
      one.enqueue({ fault: 'status:500' })
      await stage.call(alias, 'hello')
    }
    one.reset()
    const { result } = await stage.call(alias, 'hello')
    expect(result.why.candidates[0]).toMatchObject({
      deployment: a,
      passedOver: expect.stringContaining('failed too often'),
    })
    expect(turns(one)).toBe(0)
    two.enqueue({ fault: 'status:429:30' })
    await stage.call(alias, 'hello')
    const last = await stage.call(alias, 'hello')
    expect(last.result).toMatchObject({ status: 'finished', why: { chosen: a } })
  })

  it('is asked again, once, by a policy that says so, when it has clearly refused', async () => {
    const { alias } = await pair('openai', { retries: { sameTarget: 1, failovers: 0 } })
    one.enqueue({ fault: 'status:503' })
    const { result } = await stage.call(alias, 'hello')
    expect(result.status).toBe('finished')
    expect(turns(one)).toBe(2)
    one.reset()
    one.enqueue({ fault: 'cut-headers' })
    // What is not known to have been refused is never sent there twice.
    const unknown = await stage.call(alias, 'hello')
    expect(unknown.result.status).toBe('failed')
    expect(turns(one)).toBe(1)
  })
})

describe('a first token that does not come', () => {
  it('is paid for by estimate when another deployment answers instead', async () => {
    const { alias } = await pair('openai', {}, ['gpt-4o', 'gpt-4o'])
    one.enqueue({ fault: 'stall-first-token' })
    const { result } = await stage.call(alias, `[[fake text=hello]] ${'x'.repeat(4000)}`)
    expect(result.status).toBe('finished')
    const [lost, kept] = result.why.attempts
    expect(lost).toMatchObject({ outcome: 'PROVIDER_TIMEOUT', estimated: true })
    expect(kept).toMatchObject({ outcome: 'finished', estimated: false })
    const costs = [lost, kept].map((attempt) => BigInt(attempt?.costNanoUsd ?? '0'))
    expect(costs[0]).toBeGreaterThan(0n)
    expect(result.costNanoUsd).toBe((costs[0] ?? 0n) + (costs[1] ?? 0n))
    expect(await stage.rowsOf(result.callId)).toMatchObject([
      { lost_nano_usd: costs[0]?.toString(), cost_nano_usd: result.costNanoUsd?.toString() },
    ])
    expect(await settled(result.callId, 2)).toMatchObject([{ is_estimated: true }, { is_estimated: false }])
  })
})

describe('hedging', () => {
  it('calls a second deployment when the first is slow, keeps the faster, cuts off and pays the other', async () => {
    const { a, b, alias } = await pair('openai', { hedge: { afterMs: 50 } }, ['gpt-4o', 'gpt-4o'])
    one.enqueue({ ttftMs: 450, text: 'slow' })
    two.enqueue({ text: 'fast', tokens: 3 })
    const { result, text } = await stage.call(alias, 'hello')
    expect(text).toBe('fast')
    expect(result.totalMs).toBeLessThan(400)
    expect(result.why.chosen).toBe(b)
    expect(result.why.attempts.find(({ deployment }) => deployment === a)).toMatchObject({
      outcome: 'overtaken',
      estimated: true,
    })
    expect(result.why.attempts.find(({ deployment }) => deployment === b)).toMatchObject({
      outcome: 'finished',
      hedge: true,
    })
    await expect.poll(() => one.stats().live).toBe(0)
    expect(one.stats().aborted).toBe(1)
    await settled(result.callId, 2)
  })

  it('does not happen when the first is fast enough', async () => {
    const { alias } = await pair()
    const { result } = await stage.call(alias, 'hello', { hedgeAfterMs: 400 })
    expect(result.why.attempts).toHaveLength(1)
    expect(turns(two)).toBe(0)
  })

  it('keeps the first when it begins first after all', async () => {
    const { a, alias } = await pair()
    one.enqueue({ ttftMs: 120, text: 'first' })
    two.enqueue({ ttftMs: 400, text: 'second' })
    const { result, text } = await stage.call(alias, 'hello', { hedgeAfterMs: 50 })
    expect(text).toBe('first')
    expect(result.why.chosen).toBe(a)
    await expect.poll(() => two.stats().aborted).toBe(1)
  })

  it('gives one answer when the first fails while the second runs', async () => {
    const { b, alias } = await pair()
    one.enqueue({ fault: ['slow-headers:100', 'cut-headers'] })
    two.enqueue({ ttftMs: 150, text: 'second' })
    const { result, text } = await stage.call(alias, 'hello', { hedgeAfterMs: 30 })
    expect(text).toBe('second')
    expect(result).toMatchObject({ status: 'finished', why: { chosen: b } })
  })
})

describe('a call', () => {
  it('that is aborted ends all its attempts', async () => {
    const { alias } = await pair()
    const controller = new AbortController()
    void sleep(150).then(() => controller.abort())
    const { result } = await stage.call(alias, '[[fake ttft=500]]', {
      hedgeAfterMs: 40,
      signal: controller.signal,
    })
    expect(result.status).toBe('aborted')
    await expect.poll(() => one.stats().live + two.stats().live).toBe(0)
    await settled(result.callId, 2)
  })

  it('makes no attempt after its deadline', async () => {
    const { alias } = await pair()
    one.enqueue({ fault: 'stall-first-token' })
    const { result } = await stage.call(alias, 'hello', { deadline: performance.now() + 200 })
    expect(result.status).toBe('failed')
    expect(result.totalMs).toBeLessThan(450)
    expect(turns(two)).toBe(0)
    expect(result.why.stopped).toBe('the deadline has passed')
  })
})

describe('a policy', () => {
  const aliasOf = async (plan: PolicyInput['plan']): Promise<string> => {
    const name = `alias-${(serial += 1)}`
    await stage.owner.client.post(`${stage.owner.base}/aliases`, { name, policy: { plan } })
    return name
  }
  const spread = async (name: string, calls: number, more: (place: number) => object = () => ({})) => {
    const chosen: (string | null)[] = []
    for (let place = 0; place < calls; place += 5) {
      const some = Array.from({ length: 5 }, (_, next) => stage.call(name, 'hi', more(place + next)))
      for (const { result } of await Promise.all(some)) chosen.push(result.why.chosen)
    }
    return (model: string) => chosen.filter((one) => one === model).length
  }

  it('by weight shares calls out in proportion', async () => {
    const { a, b } = await pair()
    const name = await aliasOf({
      strategy: 'weighted',
      targets: [
        { model: a, weight: 9 },
        { model: b, weight: 1 },
      ],
    })
    const count = await spread(name, 150)
    expect(count(a)).toBeGreaterThan(115)
    expect(count(b)).toBeGreaterThan(3)
  })

  it('that is sticky keeps an affinity in one place, and affinities spread', async () => {
    const { a, b } = await pair()
    const name = await aliasOf({ strategy: 'sticky', targets: [{ model: a }, { model: b }] })
    const same = await spread(name, 10, () => ({ affinity: 'conversation' }))
    expect(Math.max(same(a), same(b))).toBe(10)
    const all = await spread(name, 40, (place) => ({ affinity: `conversation ${place}` }))
    expect(Math.min(all(a), all(b))).toBeGreaterThan(5)
  })

  it('by latency goes to the faster one once it knows', async () => {
    const { a, b } = await pair()
    const name = await aliasOf({ strategy: 'least-latency', targets: [{ model: a }, { model: b }] })
    one.enqueue({ ttftMs: 300 })
    two.enqueue({ ttftMs: 1 })
    await stage.call(name, 'hi')
    await stage.call(name, 'hi')
    const chosen = []
    for (let round = 0; round < 6; round += 1) chosen.push((await stage.call(name, 'hi')).result.why.chosen)
    expect(new Set(chosen)).toEqual(new Set([b]))
    expect(a).not.toBe(b)
  })

  it('by cost goes to the cheaper one, unless the dearer one has the prompt in its cache', async () => {
    const { a, b } = await pair('openai', {}, ['gpt-4o', 'gpt-4o'])
    await stage.connect(`c${serial}`, 'openai', `${two.url}/v1`, ['gpt-4o-mini'])
    const mini = `c${serial}/gpt-4o-mini`
    const cheap = await aliasOf({ strategy: 'least-cost', targets: [{ model: a }, { model: mini }] })
    expect((await stage.call(cheap, 'hi')).result.why.chosen).toBe(mini)
    const warm = await aliasOf({ strategy: 'least-cost', targets: [{ model: a }, { model: b, weight: 0 }] })
    const text = `[[fake tokens=2 input=100 cached=30000]] ${'word '.repeat(20_000)}`
    await stage.call(b, text, { affinity: 'talk' })
    const { result } = await stage.call(warm, text, { affinity: 'talk' })
    expect(result.why.chosen).toBe(b)
    expect((await stage.call(warm, text, { affinity: 'other' })).result.why.chosen).toBe(a)
  })
})
