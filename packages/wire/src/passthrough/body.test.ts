import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DialectName, JsonObject } from '../index.ts'
import { prepareBody, type Preparation } from './index.ts'
import { memberOf, membersOf } from './json-members.ts'

function prepare(
  bodyText: string,
  preparation: Partial<Preparation> = {},
  dialect: DialectName = 'openai-chat',
) {
  return prepareBody(dialect, bodyText, { model: 'up/stream', ...preparation })
}

/** JSON with the spellings that `JSON.stringify` never uses: escapes, numbers, white space, keys that come twice. */
const space = fc.constantFrom('', ' ', '\n', '\r\n\t', '  ')
const spelledString = fc
  .string({ unit: 'binary' })
  .chain((value) => fc.constantFrom(JSON.stringify(value), `"${value.replaceAll(/[^]/g, escaped)}"`))
const { value: spelledValue } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('null', 'true', 'false', '0', '-0', '1.50', '1e3', '-12.25E-7', '12345678901234567890'),
    spelledString,
    tie('object'),
    tie('array'),
  ),
  object: objectOf(fc.oneof(spelledString, fc.constantFrom('"model"', '"__proto__"')), tie('value')),
  array: fc
    .tuple(space, fc.array(tie('value'), { maxLength: 4 }), space)
    .map(([before, items, after]) => `[${before}${items.join(`${after},${before}`)}${after}]`),
}))

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function objectOf(key: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const member = fc
    .tuple(space, key, space, space, value, space)
    .map(([a, name, b, c, content, d]) => `${a}${name}${b}:${c}${content}${d}`)
  return fc
    .tuple(space, fc.array(member, { maxLength: 6 }))
    .map(([empty, members]) => `{${members.length === 0 ? empty : members.join(',')}}`)
}

const keys = fc.oneof(
  spelledString,
  fc.constantFrom('"model"', '"mod\\u0065l"', '"stream"', '"stream_options"', '"max_tokens"', '"options"'),
)
const spelledObject = fc
  .tuple(space, objectOf(keys, spelledValue), space)
  .map(([before, object, after]) => before + object + after)

describe('finding the members of an object', () => {
  test('gives what JSON.parse gives, however it is spelled', () => {
    fc.assert(
      fc.property(spelledObject, (text) => {
        const object = membersOf(text)
        const found = Object.fromEntries(
          (object?.members ?? []).map(({ key, start, end }) => [key, JSON.parse(text.slice(start, end))]),
        )
        expect(found).toEqual(JSON.parse(text))
        expect(text.slice(object?.start, object?.end)).toBe(text.trim())
      }),
      { numRuns: 1000 },
    )
  })

  test('throws on no text and ends on every one', () => {
    const damaged = fc
      .tuple(spelledObject, fc.nat(), fc.nat({ max: 5 }), fc.constantFrom('', '"', '\\', '{', ']', '}', ','))
      .map(([text, at, cut, insert]) => {
        const position = at % (text.length + 1)
        return text.slice(0, position) + insert + text.slice(position + cut)
      })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (text) => {
        const object = membersOf(text)
        for (const { start, end } of object?.members ?? []) expect(end).toBeGreaterThan(start)
      }),
      { numRuns: 1000 },
    )
  })

  test.each(['', '[]', 'null', '"{}"', '{"a"', '{"a":}', '{"a":1', '{"a":1,}', '{"a" 1}', '{"a":"b}'])(
    'gives nothing for %j',
    (text) => {
      expect(membersOf(text)).toBeUndefined()
      expect(prepare(text)).toBeUndefined()
    },
  )
})

describe('the body for the provider', () => {
  test('differs in the name of the model and in nothing else', () => {
    const body =
      ' {"temperature": 1.0, "model" : "fast","x":{"model":"deep"},\n"messages":[{"content":"\\u00e9\\/"}] }'
    expect(prepare(body)).toEqual({ body: body.replace('"fast"', '"up/stream"'), stripUsage: false })
  })

  test('names no other model, also where the key comes twice or is spelled with escapes', () => {
    const body = '{"model":"a","mod\\u0065l":"b","model":{"c":1}}'
    expect(prepare(body)?.body).toBe('{"model":"up/stream","mod\\u0065l":"up/stream","model":"up/stream"}')
  })

  test('keeps every byte outside of the values that it replaces', () => {
    fc.assert(
      fc.property(spelledObject, fc.string(), (text, model) => {
        const prepared = prepare(text, { model })?.body ?? ''
        const replaced = membersOf(text)?.members.filter(({ key }) => key === 'model') ?? []
        const outside: string[] = []
        let position = 0
        for (const { start, end } of replaced) {
          outside.push(text.slice(position, start))
          position = end
        }
        outside.push(text.slice(position))
        expect(prepared).toBe(outside.join(JSON.stringify(model)))
        const expected = JSON.parse(text) as JsonObject
        if (replaced.length > 0) expected['model'] = model
        expect(JSON.parse(prepared)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['a picture', 'iVBORw0KGgo'.repeat(100_000)],
    ['backslashes', '\\'.repeat(500_000)],
    ['quotes', '"\\"'.repeat(300_000)],
  ])('of a megabyte of %s takes time in proportion', (_, content) => {
    const text = JSON.stringify({ messages: [{ content: [content, [[content]]] }], model: 'fast' })
    const startedAt = performance.now()
    expect(prepare(text)?.body).toBe(text.replace(/"fast"\}$/u, '"up/stream"}'))
    // A search that begins anew at every quote would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

describe('usage that the client did not ask for', () => {
  const ask = (body: string, dialect?: DialectName) => prepare(body, { includeUsage: true }, dialect)

  test.each([
    ['{"stream":true}', '{"stream_options":{"include_usage":true},"stream":true}'],
    ['{"stream":true,"stream_options":null}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stream":true,"stream_options":{ }}', '{"stream":true,"stream_options":{"include_usage":true }}'],
    [
      '{"stream":true,"stream_options":{"include_obfuscation":false}}',
      '{"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}',
    ],
    [
      '{"stream":true,"stream_options":{"include_usage":false}}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
  ])('is asked for in %s, to be stripped', (before, after) => {
    expect(ask(before)).toEqual({ body: after, stripUsage: true })
  })

  test.each([
    '{"stream":true,"stream_options":{"include_usage":true}}',
    '{"stream":false}',
    '{}',
    '{"stream":true,"stream":false}',
  ])('is left alone in %s', (body) => {
    expect(ask(body)).toEqual({ body, stripUsage: false })
  })

  test('comes unasked in every other dialect', () => {
    for (const dialect of ['anthropic-messages', 'openai-responses', 'gemini', 'ollama'] as const) {
      expect(ask('{"stream":true}', dialect)).toEqual({ body: '{"stream":true}', stripUsage: false })
    }
  })
})

describe('a ceiling on the output', () => {
  test.each<[DialectName, string, string]>([
    ['anthropic-messages', '{"max_tokens":4096}', '{"max_tokens":100}'],
    ['anthropic-messages', '{"max_tokens": 50}', '{"max_tokens": 50}'],
    ['openai-chat', '{}', '{"max_tokens":100}'],
    ['openai-chat', '{"max_completion_tokens":1e3}', '{"max_completion_tokens":100}'],
    ['openai-chat', '{"max_tokens":null}', '{"max_tokens":100}'],
    ['openai-responses', '{"max_output_tokens":101}', '{"max_output_tokens":100}'],
    ['gemini', '{"contents":[]}', '{"generationConfig":{"maxOutputTokens":100},"contents":[]}'],
    [
      'gemini',
      '{"generation_config":{"max_output_tokens":"900","topK":1}}',
      '{"generation_config":{"max_output_tokens":100,"topK":1}}',
    ],
    ['gemini', '{"generationConfig":null}', '{"generationConfig":{"maxOutputTokens":100}}'],
    ['ollama', '{"options":{"num_predict":-1}}', '{"options":{"num_predict":100}}'],
    ['ollama', '{"options":{}}', '{"options":{"num_predict":100}}'],
  ])('in %s makes %s into %s', (dialect, before, after) => {
    expect(prepare(before, { maxOutputTokens: 100 }, dialect)?.body).toBe(after)
  })

  test('has the name that the upstream model takes', () => {
    expect(prepare('{}', { model: 'gpt-5', maxOutputTokens: 9 })?.body).toBe('{"max_completion_tokens":9}')
  })

  test('and usage both find room in an empty body', () => {
    const prepared = prepare('{"stream":true}', { includeUsage: true, maxOutputTokens: 9 })
    expect(JSON.parse(prepared?.body ?? '')).toEqual({
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 9,
    })
  })

  test('holds in the value that counts, whatever the body says', () => {
    fc.assert(
      fc.property(spelledObject, (text) => {
        const { body = '' } = prepare(text, { maxOutputTokens: 100 }, 'ollama') ?? {}
        const options = memberOf(membersOf(body) ?? { start: 0, end: 0, members: [] }, 'options')
        const spelled = JSON.parse(body.slice(options?.start, options?.end)) as JsonObject
        expect(spelled['num_predict']).toBe(100)
      }),
    )
  })
})
