import { setTimeout as sleep } from 'node:timers/promises'
import type { Alias, AliasVersion, Model, ModelHealth, PolicyInput, RoutingPreview } from '@atrium/contract'
import { startFakeProvider, type FakeProvider } from '@atrium/testkit/provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStage, type Stage } from './testing/stage.ts'

let stage: Stage
let one: FakeProvider
let two: FakeProvider
const scope = new AsyncDisposableStack()
let serial = 0

beforeAll(async () => {
  stage = scope.use(await openStage())
  one = scope.use(await startFakeProvider({ models: ['gpt-4o', 'gpt-4o-mini'] }))
  two = scope.use(await startFakeProvider({ models: ['gpt-4o', 'claude-sonnet-4-5'] }))
})

beforeEach(() => {
  for (const provider of [one, two, stage.provider]) provider.reset()
})

afterAll(() => scope.disposeAsync())

/** Two fresh deployments, so that no test meets the breakers of another. */
async function pair(kinds: readonly [string, string] = ['openai', 'openai']): Promise<[string, string]> {
  serial += 1
  const names = [`a${serial}`, `b${serial}`] as const
  for (const [place, provider] of [one, two].entries()) {
    const kind = kinds[place] ?? 'openai'
    const base = kind.startsWith('openai') ? `${provider.url}/v1` : provider.url
    await stage.connect(names[place] ?? '', kind, base, ['fake-1', 'fake-echo'])
  }
  return [`${names[0]}/fake-1`, `${names[1]}/fake-1`]
}

const priority = (...models: string[]): PolicyInput => ({
  plan: {
    strategy: 'priority',
    targets: models.map((model, place) => ({ model, priority: place + 1 })),
  },
})

async function alias(policy: PolicyInput, name = `alias-${++serial}`): Promise<Alias> {
  const { body } = await stage.owner.client.post<Alias>(`${stage.owner.base}/aliases`, { name, policy })
  return body
}

describe('an alias', () => {
  it('calls the model behind it and appears in the catalogue with what all its models can do', async () => {
    const [a] = await pair()
    const { name } = await alias(priority(a, 'atrium/guide'), `team/smart-${++serial}`)
    const { result, text } = await stage.call(name, '[[fake text=hello]]')
    expect(text).toBe('hello')
    expect(result.why).toMatchObject({ model: name, policy: 'priority', version: 1, chosen: a })
    expect(await stage.rowsOf(result.callId)).toMatchObject([
      { model: name, alias: name, alias_version: 1, upstream_model: 'fake-1', attempts: 1 },
    ])
    const { body } = await stage.owner.client.get<{ data: Model[] }>(`${stage.owner.base}/models`)
    expect(body.data.find(({ id }) => id === name)).toMatchObject({
      alias: true,
      enabled: true,
      capabilities: { images: false, tools: false },
    })
  })

  it('goes before a model of the same name', async () => {
    const [a, b] = await pair()
    await alias(priority(b), a)
    const { result } = await stage.call(a, 'hello')
    expect(result.why.chosen).toBe(b)
  })

  it('that is switched off, or gone, says so', async () => {
    const [a] = await pair()
    const { id, name } = await alias(priority(a))
    const path = `${stage.owner.base}/aliases/${id}`
    const code = async () => (await stage.call(name, 'hello')).result.error?.code
    expect(await code()).toBeUndefined()
    await stage.owner.client.patch(path, { enabled: false })
    await expect.poll(code, { timeout: 2000 }).toBe('MODEL_DISABLED')
    await stage.owner.client.delete(path)
    await expect.poll(code, { timeout: 2000 }).toBe('MODEL_NOT_FOUND')
  })
})

describe('a policy that could not work', () => {
  const refused = async (policy: PolicyInput): Promise<string> => {
    const { status, body } = await stage.owner.client.post<{ error: { message: string } }>(
      `${stage.owner.base}/aliases`,
      { name: `bad-${++serial}`, policy },
      { allowFailure: true },
    )
    expect(status).toBe(400)
    return body.error.message
  }

  it('is refused with the place and the reason', async () => {
    const [a, b] = await pair()
    const { name } = await alias(priority(a))
    expect(await refused(priority(a, 'nothing/here'))).toBe(
      'policy.plan.targets[1].model: there is no model “nothing/here”.',
    )
    expect(await refused(priority(name))).toContain('is an alias; an alias may not point at another one')
    expect(await refused(priority(a, a))).toContain('is in this list twice')
    expect(await refused({ plan: { strategy: 'weighted', targets: [{ model: a, enabled: false }] } })).toBe(
      'policy.plan.targets: every target is switched off.',
    )
    expect(await refused({ plan: { strategy: 'weighted', targets: [] } })).toContain('targets')
    const variant = (model: string) => ({ name: model, share: 0, targets: [{ model }] })
    expect(await refused({ plan: { strategy: 'ab', variants: [variant(a), variant(b)] } })).toContain(
      'no variant has a share',
    )
    const rule = { name: 'r', when: {}, plan: priority('no/such').plan }
    expect(await refused({ ...priority(a), rules: [rule] })).toContain(
      'policy.rules[0].plan.targets[0].model',
    )
  })
})

describe('versions', () => {
  it('are kept with author and note, and one click brings an earlier one back', async () => {
    const [a, b] = await pair()
    const { id, name } = await alias(priority(a))
    const path = `${stage.owner.base}/aliases/${id}`
    const changed = await stage.owner.client.patch<Alias>(path, { policy: priority(b), note: 'cheaper' })
    expect(changed.body.version).toBe(2)
    await expect.poll(async () => (await stage.call(name, 'hi')).result.why.chosen).toBe(b)
    const back = await stage.owner.client.post<Alias>(`${path}/rollbacks`, { version: 1 })
    expect(back.body).toMatchObject({ version: 3, policy: { plan: { targets: [{ model: a }] } } })
    await expect
      .poll(async () => (await stage.call(name, 'hi')).result.why)
      .toMatchObject({ chosen: a, version: 3 })
    const { body } = await stage.owner.client.get<{ data: AliasVersion[] }>(`${path}/versions`)
    expect(body.data).toMatchObject([
      { version: 3, current: true, rollbackOf: 1 },
      { version: 2, note: 'cheaper', authorId: stage.owner.id, current: false },
      { version: 1, rollbackOf: null },
    ])
  })

  it('refuse a change of what somebody else has changed meanwhile', async () => {
    const [a, b] = await pair()
    const { id } = await alias(priority(a))
    const path = `${stage.owner.base}/aliases/${id}`
    const change = (version: string) =>
      stage.owner.client.raw(path, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', 'if-match': version },
        body: JSON.stringify({ policy: priority(b) }),
      })
    expect((await change('"1"')).status).toBe(200)
    const stale = await change('"1"')
    expect(stale.status).toBe(412)
    expect(await stale.json()).toMatchObject({
      error: { code: 'PRECONDITION_FAILED', details: { version: 2 } },
    })
  })

  it('are in force everywhere within 2 s, and no call fails meanwhile', async () => {
    const [a, b] = await pair()
    const { id, name } = await alias(priority(a))
    let stop = false
    const failures: unknown[] = []
    const seen: { at: number; chosen: string | null }[] = []
    const caller = async () => {
      while (!stop) {
        const { result } = await stage.call(name, '[[fake tokens=2]]')
        if (result.status !== 'finished') failures.push(result.error)
        seen.push({ at: performance.now(), chosen: result.why.chosen })
      }
    }
    const callers = Array.from({ length: 4 }, caller)
    await sleep(150)
    await stage.owner.client.patch(`${stage.owner.base}/aliases/${id}`, { policy: priority(b) })
    const changedAt = performance.now()
    await sleep(2200)
    stop = true
    await Promise.all(callers)
    expect(failures).toEqual([])
    expect(seen.some(({ chosen }) => chosen === a)).toBe(true)
    expect(seen.filter(({ at }) => at > changedAt + 2000).every(({ chosen }) => chosen === b)).toBe(true)
  })
})

describe('a preview', () => {
  const ask = async (body: object): Promise<RoutingPreview> =>
    (await stage.owner.client.post<RoutingPreview>(`${stage.owner.base}/routing-previews`, body)).body

  it('says what a call would choose by rule, person and metadata, without calling anybody', async () => {
    const [a, b] = await pair()
    const policy: PolicyInput = {
      ...priority(a),
      rules: [{ name: 'long', when: { metadata: { job: ['batch'] } }, plan: priority(b).plan }],
    }
    const before = one.stats().total + two.stats().total
    expect(await ask({ policy })).toMatchObject({ chosen: a, rule: null })
    expect(await ask({ policy, metadata: { job: 'batch' } })).toMatchObject({ chosen: b, rule: 'long' })
    const stored = await alias(policy)
    expect(await ask({ model: stored.name })).toMatchObject({ chosen: a, version: 1 })
    expect(one.stats().total + two.stats().total).toBe(before)
  })

  it('keeps one affinity on one side of a comparison, and shares the rest out', async () => {
    const [a, b] = await pair()
    const variants = [
      { name: 'old', share: 3, targets: [{ model: a }] },
      { name: 'new', share: 1, targets: [{ model: b }] },
    ]
    const policy: PolicyInput = { plan: { strategy: 'ab', variants } }
    const draws = await Promise.all(
      Array.from({ length: 60 }, (_, place) => ask({ policy, affinity: `conversation ${place}` })),
    )
    const again = await ask({ policy, affinity: 'conversation 7' })
    expect(again.variant).toBe(draws[7]?.variant)
    const share = draws.filter(({ variant }) => variant === 'new').length
    expect(share).toBeGreaterThan(4)
    expect(share).toBeLessThan(30)
  })
})

describe('the live state of models', () => {
  it('shows why one is left alone and until when', async () => {
    const [a, b] = await pair()
    const { name } = await alias(priority(a, b))
    one.enqueue({ fault: 'status:429:30' })
    const { result } = await stage.call(name, 'hello')
    expect(result.status).toBe('finished')
    const state = stage.models.own.aliases.health(stage.owner.workspaceId)
    const of = (model: string): ModelHealth | undefined => state.find((entry) => entry.model === model)
    expect(of(a)).toMatchObject({ state: 'open', coolingReason: 'rate-limit', inFlight: 0 })
    expect(Date.parse(of(a)?.coolingUntil ?? '') - Date.now()).toBeGreaterThan(25_000)
    expect(of(b)).toMatchObject({ state: 'closed', errorRate: 0, firstTokenMs: expect.any(Number) })
  })

  it('is served to who may read models', async () => {
    const { status } = await stage.owner.client.get(`${stage.owner.base}/model-health`)
    expect(status).toBe(200)
  })
})
