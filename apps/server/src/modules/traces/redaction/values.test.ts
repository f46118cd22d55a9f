import { describe, expect, it } from 'vitest'
import { createRedactor, defaultRules } from './index.ts'

const redactor = createRedactor(defaultRules)

describe('a value', () => {
  it('is redacted through maps, objects and lists, names too', () => {
    const value = new Map<string, unknown>([
      ['input', [{ content: 'I am a@example.com' }]],
      ['b@example.com', 1],
    ])
    expect(redactor.value(value)).toEqual(
      new Map<string, unknown>([
        ['input', [{ content: 'I am [redacted:email]' }]],
        ['[redacted:email]', 1],
      ]),
    )
    expect(value.has('b@example.com')).toBe(true)
  })

  it.each([
    'authorization',
    'Authorization',
    'http.request.header.authorization',
    'http.request.header.x-api-key',
    'http.request.header.x_api_key',
    'X-API-KEY',
    'cookie',
    'Set-Cookie',
    'password',
    'dbPassword',
    'user_password2',
    'api_key',
    'apiKey',
    'OPENAI_API_KEY',
    'token',
    'access_token',
    'secret',
    'client.secret',
    'privateKey',
  ])('loses whatever is named %s', (name) => {
    const lost = { [name]: '[redacted:secret]' }
    expect(redactor.value({ [name]: ['a', { b: 'c' }] })).toEqual(lost)
    expect(redactor.value(new Map([[name, 'x']]))).toEqual(new Map(Object.entries(lost)))
  })

  it.each([
    'gen_ai.usage.input_tokens',
    'max_tokens',
    'gen_ai.token.type',
    'token_count',
    'nextPageToken',
    'time_to_first_token',
    'eos_token',
    'tokenizer',
    'key',
    'public_key',
    'password_required',
    'author',
  ])('keeps what is named %s', (name) => {
    const value = { [name]: 'abc' }
    expect(redactor.value(value)).toBe(value)
  })

  it('keeps the tokens of log probabilities, numbers under token, and what is absent', () => {
    const value = { logprobs: [{ token: 'Hello', logprob: -0.3 }], token: 15, password: null, secret: '' }
    expect(redactor.value(value)).toBe(value)
  })

  it('takes the name of a field for a word beside a number', () => {
    expect(redactor.value({ bsn: '111222333', phone: ['2125550123'] })).toEqual({
      bsn: '[redacted:nl_bsn]',
      phone: ['[redacted:phone]'],
    })
  })

  it('finds cards that were sent as numbers, and leaves other numbers alone', () => {
    const value = { card: 4242424242424242, big: 4242424242424242n, at: 1715508030123, id: 86095742719 }
    expect(redactor.value(value)).toEqual({ ...value, card: '[redacted:card]', big: '[redacted:card]' })
  })

  it('reads bytes as text', () => {
    const bytes = Buffer.from('I am a@example.com')
    expect(Buffer.from(redactor.value(new Uint8Array(bytes)) as Uint8Array).toString()).toBe(
      'I am [redacted:email]',
    )
    const plain = new Uint8Array([0, 255, 1])
    expect(redactor.value(plain)).toBe(plain)
  })

  it('takes out what is nested too deep', () => {
    let deep: unknown = 'a@example.com'
    for (let level = 0; level < 10_000; level++) deep = [deep]
    const counts = new Map<string, number>()
    redactor.value(deep, counts)
    expect(counts).toEqual(new Map([['depth', 1]]))
  })

  it('counts what it found', () => {
    const counts = new Map([['email', 1]])
    redactor.value(['a@example.com', { password: 'x' }], counts)
    expect([...counts]).toEqual([
      ['email', 2],
      ['secret', 1],
    ])
  })

  it('is left alone where its rules are off', () => {
    const off = createRedactor({ builtIn: { secret: false, email: false } })
    const value = { password: 'x', text: 'a@example.com' }
    expect(off.value(value)).toBe(value)
  })

  it('keeps a field named __proto__ a field', () => {
    const value: unknown = JSON.parse('{"__proto__":{"x":1},"a":"a@example.com"}')
    expect(JSON.stringify(redactor.value(value))).toBe('{"__proto__":{"x":1},"a":"[redacted:email]"}')
  })
})

describe('addresses', () => {
  it('go only when asked', () => {
    const text = 'from 192.168.10.25 and 2001:db8::8a2e:370:7334, std::vector at 10:20:30, v1.2.3'
    expect(redactor.text(text).found).toBeNull()
    expect(createRedactor({ builtIn: { ip: true } }).text(text).text).toBe(
      'from [redacted:ip] and [redacted:ip], std::vector at 10:20:30, v1.2.3',
    )
  })
})
