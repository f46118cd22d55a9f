import { expect, test } from 'vitest'
import { Secret } from './config.ts'
import { AppError } from './errors.ts'
import { createLog, type LogOptions } from './log.ts'

function record(options: { level?: string; isTTY?: boolean } = {}) {
  const lines: string[] = []
  const stream: NonNullable<LogOptions['stream']> = {
    isTTY: options.isTTY ?? false,
    write: (line) => void lines.push(line),
  }
  return { lines, log: createLog({ level: options.level ?? 'info', stream }) }
}

const parsed = (line: string | undefined): unknown => JSON.parse(line ?? '')

test('an event is one line of JSON', () => {
  const { log, lines } = record()
  log.info({ workspaceId: 'w1', count: 3 }, 'turn finished')
  expect(lines).toHaveLength(1)
  expect(parsed(lines[0])).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    workspaceId: 'w1',
    count: 3,
    msg: 'turn finished',
  })
})

test.each([
  'authorization',
  'Cookie',
  'set-cookie',
  'x-api-key',
  'X-Goog-Api-Key',
  'apiKey',
  'api_key',
  'password',
  'newPassword',
  'secret',
  'clientSecret',
  'token',
  'accessToken',
  'prompt',
  'content',
  'messages',
])('the value of %j is hidden wherever it stands', (name) => {
  const { log, lines } = record()
  log.info(
    { [name]: 'canary', deep: { list: [{ [name]: 'canary' }] }, map: new Map([[name, 'canary']]) },
    'x',
  )
  log.child({ [name]: 'canary', inner: { [name]: 'canary' } }).info('y')
  expect(lines.join('')).not.toContain('canary')
  expect(lines[0]).toContain('[hidden]')
})

test('what only resembles a credential stays', () => {
  const { log, lines } = record()
  log.info({ inputTokens: 12, contentType: 'text/plain', password: null, at: new Date(0) }, 'x')
  expect(parsed(lines[0])).toMatchObject({
    inputTokens: 12,
    contentType: 'text/plain',
    password: null,
    at: '1970-01-01T00:00:00.000Z',
  })
})

test('credentials inside texts, secrets and bytes are hidden', () => {
  const { log, lines } = record()
  log.error(
    { err: new Error('GET https://x/?key=AIzaCanary123 with Bearer canary.token_12 failed') },
    'atr_canarycanarycanary',
  )
  log.info({ wrapped: new Secret('canary'), bytes: Buffer.from('canary') }, 'sk-ant-canarycanary')
  expect(lines.join('').toLowerCase()).not.toContain('canary')
  expect(parsed(lines[1])).toMatchObject({ wrapped: '[hidden]', bytes: '[6 bytes]' })
})

test('of an error, only what describes it is written', () => {
  const { log, lines } = record()
  const cause = Object.assign(new Error('driver'), { query: 'canary', parameters: ['canary'] })
  log.error(
    {
      err: new AppError('DATABASE_ERROR', 'Try again.', {
        detail: 'pool timed out',
        details: 'canary',
        cause,
      }),
    },
    'failed',
  )
  expect(lines[0]).not.toContain('canary')
  expect(parsed(lines[0])).toMatchObject({
    err: { type: 'AppError', code: 'DATABASE_ERROR', detail: 'pool timed out' },
  })
})

test('of a request, neither headers nor the query are written, and of an object of a class only its name', () => {
  const { log, lines } = record()
  const req = { id: 'r1', method: 'GET', url: '/a?signature=canary', headers: { authorization: 'canary' } }
  log.child({ req }).info({ res: { statusCode: 200, body: 'canary' }, url: new AbortController() }, 'done')
  expect(parsed(lines[0])).toMatchObject({
    req: { id: 'r1', path: '/a' },
    res: { statusCode: 200 },
    url: '[AbortController]',
  })
  expect(lines[0]).not.toContain('canary')
})

test('a record that is too deep or leads back to itself is written all the same', () => {
  const { log, lines } = record()
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  log.info({ circle }, 'x')
  expect(lines[0]).toContain('[deep]')
})

test('a terminal gets a readable line, with the stack of an error below', () => {
  const { log, lines } = record({ isTTY: true })
  log.warn({ pid: 7, err: new Error('boom') }, 'PostgreSQL has ended')
  // oxlint-disable-next-line no-control-regex -- colours are control characters
  const plain = (lines[0] ?? '').replaceAll(/\u001B\[\d+m/g, '')
  expect(plain).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} warn {2}PostgreSQL has ended pid=7 \n {2}Error: boom\n {6}at /,
  )
})

test('levels below the configured one are not written', () => {
  const { log, lines } = record({ level: 'warn' })
  log.info('x')
  expect(lines).toEqual([])
})
