import { attributesOf, nsOf, type Told } from './otlp-json.ts'

/** A point as a test tells it: a number, or any fields of OTLP's points. */
export interface PointOf {
  readonly atMs: number
  /** When it began to count; none for 0. */
  readonly sinceMs?: number
  readonly value?: number
  readonly attributes?: Told
  readonly more?: object
}

const pointOf = ({ atMs, sinceMs = 0, value, attributes = {}, more }: PointOf): object => ({
  timeUnixNano: nsOf(atMs),
  startTimeUnixNano: sinceMs === 0 ? '0' : nsOf(sinceMs),
  ...(value === undefined ? {} : { asDouble: value }),
  attributes: attributesOf(attributes),
  ...more,
})

type Temporality = 'delta' | 'cumulative'
const numberOf = (temporality: Temporality): number => (temporality === 'delta' ? 1 : 2)

const metricOf = (name: string, unit: string, data: object): object => ({
  name,
  unit,
  description: name,
  ...data,
})

export const gaugeOf = (name: string, points: readonly PointOf[], unit = '1'): object =>
  metricOf(name, unit, { gauge: { dataPoints: points.map(pointOf) } })

export const sumOf = (
  name: string,
  temporality: Temporality,
  points: readonly PointOf[],
  { unit = '1', isMonotonic = true } = {},
): object =>
  metricOf(name, unit, {
    sum: { aggregationTemporality: numberOf(temporality), isMonotonic, dataPoints: points.map(pointOf) },
  })

export const histogramOf = (
  name: string,
  type: 'histogram' | 'exponentialHistogram',
  temporality: Temporality,
  points: readonly PointOf[],
): object =>
  metricOf(name, 'ms', {
    [type]: { aggregationTemporality: numberOf(temporality), dataPoints: points.map(pointOf) },
  })

export const summaryOf = (name: string, points: readonly PointOf[]): object =>
  metricOf(name, 'ms', { summary: { dataPoints: points.map(pointOf) } })

/** The body of a request to `/v1/metrics`. */
export const metricsOf = (
  metrics: readonly object[],
  resource: Told = { 'service.name': 'shop' },
): object => ({
  resourceMetrics: [
    {
      resource: { attributes: attributesOf(resource) },
      scopeMetrics: [{ scope: { name: 'shop' }, metrics }],
    },
  ],
})

/**
 * What one session of Claude Code sends in two minutes, in two requests, by its documentation:
 * https://code.claude.com/docs/en/monitoring-usage#metrics. It sends what has been added since the last time (`delta`).
 */
export function claudeCodeMetrics(session: string, atMs: number): object[] {
  const shared = {
    'session.id': session,
    'user.id': 'b2a1c0ffee',
    'user.account_uuid': '0d1f3c52-5a0e-4a6b-9c1e-5f6a7b8c9d0e',
    'user.email': 'dev@example.com',
    'organization.id': '5e0f6c1a-1111-4222-8333-444455556666',
    'terminal.type': 'vscode',
  }
  const [sonnet, haiku] = ['claude-sonnet-5', 'claude-haiku-5']
  const request = (endMs: number, told: Record<string, [number, Told][]>) =>
    metricsOf(
      Object.entries(told).map(([name, values]) =>
        sumOf(
          `claude_code.${name}`,
          'delta',
          values.map(([value, attributes]) => ({
            atMs: endMs,
            sinceMs: endMs - 60_000,
            value,
            attributes: { ...shared, ...attributes },
          })),
          { unit: units.get(name) ?? '' },
        ),
      ),
      { 'service.name': 'claude-code', 'service.version': '2.1.0', 'os.type': 'linux' },
    )
  return [
    request(atMs - 60_000, {
      'session.count': [[1, {}]],
      'token.usage': [
        [12, { type: 'input', model: sonnet }],
        [340, { type: 'output', model: sonnet }],
        [15_000, { type: 'cacheRead', model: sonnet }],
        [700, { type: 'cacheCreation', model: sonnet }],
        [200, { type: 'input', model: haiku }],
      ],
      'cost.usage': [
        [0.0123, { model: sonnet }],
        [0.0002, { model: haiku }],
      ],
      'lines_of_code.count': [[30, { type: 'added' }]],
      'active_time.total': [[41.5, { type: 'user' }]],
    }),
    request(atMs, {
      'token.usage': [
        [8, { type: 'input', model: sonnet }],
        [160, { type: 'output', model: sonnet }],
      ],
      'cost.usage': [[0.01, { model: sonnet }]],
      'commit.count': [[1, {}]],
    }),
  ]
}

const units = new Map([
  ['token.usage', 'tokens'],
  ['cost.usage', 'USD'],
  ['active_time.total', 's'],
])
