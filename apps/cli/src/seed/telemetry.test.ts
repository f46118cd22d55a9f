import type { OtlpSpan } from '@atrium/wire/otlp'
import { describe, expect, it } from 'vitest'
import type { PriceList } from './models.ts'
import { requestsOf, seedRuns, type SeedOptions, type SeedRun } from './telemetry.ts'

const prices: PriceList = () => ({ input: 2000, cacheRead: 200, cacheWrite: 2500, output: 10_000 })
const until = new Date('2026-11-20T12:00:00Z')
const dayMs = 86_400_000
const make = (over: Partial<SeedOptions> = {}): SeedRun[] => [
  ...seedRuns({ seed: 1, spans: 20_000, days: 14, until, prices, ...over }),
]
const spansOf = (runs: readonly SeedRun[]): OtlpSpan[] => runs.flatMap(({ spans }) => spans)
const msOf = (ns: bigint): number => Number(ns / 1_000_000n)
const operationOf = ({ attributes }: OtlpSpan) => attributes.get('gen_ai.operation.name')
const numberOf = ({ attributes }: OtlpSpan, name: string): number => Number(attributes.get(name) ?? 0)

const runs = make()
const spans = spansOf(runs)

describe('telemetry that is made up', () => {
  it('is the same for the same options, and another one for others', () => {
    expect(make({ spans: 2000 })).toEqual(make({ spans: 2000 }))
    const ids = (over: Partial<SeedOptions>) =>
      spansOf(make({ spans: 2000, ...over })).map(({ spanId }) => spanId)
    const known = new Set(ids({}))
    for (const other of [
      { seed: 2 },
      { spans: 2001 },
      { days: 13 },
      { until: new Date('2026-11-20T13:00:00Z') },
    ])
      expect(ids(other).some((id) => known.has(id))).toBe(false)
  })

  it.each([1, 7, 1000, 4321])('has exactly %i spans when that many are asked for', (wanted) => {
    expect(spansOf(make({ spans: wanted }))).toHaveLength(wanted)
  })

  it('has ids of its own for every trace and every span', () => {
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(runs.length)
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
  })

  it('nests every span within its parent, in one trace, and within the days asked for', () => {
    for (const { spans: trace } of runs) {
      const [root] = trace
      expect(root).toMatchObject({ parentSpanId: '', name: expect.stringMatching(/^invoke_agent /) })
      const seen = new Map<string, OtlpSpan>()
      for (const span of trace) {
        const parent = seen.get(span.parentSpanId)
        const lies = span === root || (parent && parent.startNs <= span.startNs && parent.endNs >= span.endNs)
        if (!lies || span.traceId !== root?.traceId)
          throw new Error(`${span.name} lies outside of its parent`)
        seen.set(span.spanId, span)
      }
      expect(msOf(root?.endNs ?? 0n)).toBeLessThanOrEqual(until.getTime())
      expect(msOf(root?.startNs ?? 0n)).toBeGreaterThan(until.getTime() - 14 * dayMs - 600_000)
    }
  })

  it('is of every kind that agents have: models, tools, searches, vectors, agents within agents', () => {
    const kinds = ['chat', 'embeddings', 'execute_tool', 'invoke_agent', 'retrieval']
    expect(new Set(spans.map(operationOf))).toEqual(new Set(kinds))
    expect(spans.some((span) => operationOf(span) === 'invoke_agent' && span.parentSpanId !== '')).toBe(true)
    const told = (name: string) => new Set(spans.map(({ attributes }) => attributes.get(name)))
    expect(told('gen_ai.request.model').size).toBeGreaterThan(6)
    expect(told('user.id').size).toBeGreaterThan(100)
    expect(told('error.type').size).toBeGreaterThan(4)
    const resources = new Set(runs.map(({ resource }) => resource))
    const services = new Set([...resources].map((resource) => resource.get('service.name')))
    expect(services.size).toBe(5)
    expect(resources.size).toBeGreaterThan(services.size * 2)
  })

  it('tells of each answer what it cost by its tokens, and when its first one came', () => {
    for (const span of spans) {
      if (operationOf(span) !== 'chat' || span.status.code === 2) continue
      const read = numberOf(span, 'gen_ai.usage.cache_read.input_tokens')
      const written = numberOf(span, 'gen_ai.usage.cache_creation.input_tokens')
      const input = numberOf(span, 'gen_ai.usage.input_tokens') - read - written
      const output = numberOf(span, 'gen_ai.usage.output_tokens')
      const nano = input * 2000 + read * 200 + written * 2500 + output * 10_000
      expect(input).toBeGreaterThanOrEqual(0)
      expect(Math.round(numberOf(span, 'gen_ai.usage.cost') * 1e9)).toBe(nano)
      const firstTokenMs = numberOf(span, 'gen_ai.response.time_to_first_chunk') * 1000
      expect(firstTokenMs).toBeGreaterThan(0)
      expect(firstTokenMs).toBeLessThanOrEqual(msOf(span.endNs - span.startNs) + 1)
    }
  })

  it('knows working hours and weekends', () => {
    const ofDesks = runs.filter(({ resource }) => resource.get('service.name') === 'code-review')
    const startOf = ({ spans: [root] }: SeedRun) => new Date(msOf(root?.startNs ?? 0n))
    const onWeekends = ofDesks.filter((run) => [0, 6].includes(startOf(run).getUTCDay())).length
    const atNight = ofDesks.filter((run) => startOf(run).getUTCHours() < 5).length
    expect(onWeekends / ofDesks.length).toBeLessThan(0.1)
    expect(atNight / ofDesks.length).toBeLessThan(0.06)
    expect(ofDesks.length).toBeGreaterThan(100)
  })

  it('has errors in bursts, and few outside of them', () => {
    const hours = new Map<number, { all: number; failed: number }>()
    for (const span of spans) {
      const hour = Math.floor(msOf(span.startNs) / 3_600_000)
      const sum = hours.get(hour) ?? { all: 0, failed: 0 }
      hours.set(hour, { all: sum.all + 1, failed: sum.failed + (span.status.code === 2 ? 1 : 0) })
    }
    const shares = [...hours.values()].filter(({ all }) => all >= 30).map(({ all, failed }) => failed / all)
    const sorted = shares.toSorted((a, b) => a - b)
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(0.03)
    expect(sorted.at(-1)).toBeGreaterThan(0.1)
  })

  it('is put together as exporters do, without losing a span', () => {
    const requests = [...requestsOf(runs, 512)]
    const sizes = requests.map((batches) => batches.reduce((sum, { records }) => sum + records.length, 0))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(spans.length)
    expect(Math.max(...sizes)).toBeLessThan(600)
    for (const batches of requests)
      expect(new Set(batches.map(({ resource }) => resource)).size).toBe(batches.length)
  })
})
