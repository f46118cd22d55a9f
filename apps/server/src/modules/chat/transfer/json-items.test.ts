import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonItems, MalformedJson, type ItemLimits, type Piece } from './json-items.ts'

const limits: ItemLimits = { itemBytes: 10_000, depth: 20, values: 5000 }

function split(text: Buffer | string, cuts: readonly number[] = [], given = limits): Piece[] {
  const bytes = Buffer.from(text)
  const items = new JsonItems('conversations', given)
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  const pieces = places.slice(1).flatMap((end, index) => items.push(bytes.subarray(places[index], end)))
  items.end()
  return pieces
}

const valuesOf = (pieces: readonly Piece[]): unknown[] =>
  pieces.map((piece) => (piece.type === 'item' ? JSON.parse(piece.bytes.toString()) : piece))

const json = fc.jsonValue({ maxDepth: 6 })
const cuts = fc.array(fc.nat(), { maxLength: 20 })
const space = fc.constantFrom(undefined, 1, '\t', '\r\n ')

test('an array gives its items wherever the chunks end', () => {
  fc.assert(
    fc.property(fc.array(json, { maxLength: 8 }), cuts, space, (list, places, indent) => {
      const text = JSON.stringify(list, null, indent)
      expect(valuesOf(split(text, places))).toEqual(list.map((one) => JSON.parse(JSON.stringify(one))))
    }),
    { numRuns: 500 },
  )
})

test('an object gives the items of its list and its other members, wherever the chunks end', () => {
  const header = fc.dictionary(
    fc.string({ maxLength: 8 }).filter((name) => name !== 'conversations' && name !== '__proto__'),
    fc.jsonValue({ maxDepth: 1 }),
    { maxKeys: 4 },
  )
  fc.assert(
    fc.property(
      header,
      fc.array(json, { maxLength: 5 }),
      fc.boolean(),
      cuts,
      space,
      (fields, list, last, places, indent) => {
        const whole = last ? { ...fields, conversations: list } : { conversations: list, ...fields }
        const pieces = split(JSON.stringify(whole, null, indent), places)
        const items = pieces.filter((piece) => piece.type === 'item')
        const found = pieces.flatMap((piece) =>
          piece.type === 'field' ? [[piece.name, JSON.stringify(piece.value)]] : [],
        )
        expect(valuesOf(items)).toEqual(JSON.parse(JSON.stringify(list)))
        expect(found).toEqual(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]))
      },
    ),
    { numRuns: 300 },
  )
})

test('every byte may be a chunk of its own, a byte order mark and multi-byte text included', () => {
  const text = Buffer.from('\u{feff}[{"😀":"ü\\"]}"}, "a,]", -1.5e3 ,null,[[],{}]]')
  const pieces = split(
    text,
    Array.from(text, (_, index) => index),
  )
  expect(valuesOf(pieces)).toEqual([{ '😀': 'ü"]}' }, 'a,]', -1500, null, [[], {}]])
})

test.each([
  '',
  ' ',
  '"text"',
  '12',
  '[',
  '[1',
  '[1,',
  '[1,]',
  '[,1]',
  '[1 2]',
  '[1]]',
  '[1] 2',
  '{',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,}',
  '{a:1}',
  '{"conversations":[1}',
  '{"conversations":[1]',
  '{"a":tru}',
  '[{"a":1]',
  'PK\u0003\u0004',
  '[}]',
])('%j is malformed', (text) => {
  expect(() => split(text)).toThrow(MalformedJson)
})

test('whatever the bytes are, the splitter ends or throws MalformedJson', () => {
  const fragments = fc.array(
    fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ':', ' ', '1', 'null', '"conversations"', 'é'),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(fragments, cuts, (words, places) => {
      try {
        split(words.join(''), places)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedJson)
      }
    }),
    { numRuns: 2000 },
  )
})

test('an item beyond a limit is refused by itself, and the others are read', () => {
  const deep = '['.repeat(25) + ']'.repeat(25)
  const large = JSON.stringify('x'.repeat(20_000))
  const many = JSON.stringify(Array.from({ length: 4000 }, () => []))
  const pieces = split(`[1,${deep},${large},${many},2]`, [7, 30, 9000], { ...limits, itemBytes: 15_000 })
  expect(pieces.map((piece) => piece.type)).toEqual(['item', 'refused', 'refused', 'refused', 'item'])
  expect(pieces.flatMap((piece) => (piece.type === 'refused' ? [piece.reason] : []))).toEqual([
    'It is nested deeper than 20 levels.',
    expect.stringContaining('It is larger than'),
    'It has more than 5000 values.',
  ])
})

test('a million levels of nesting cost no stack', () => {
  const pieces = split(`[${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}]`)
  expect(pieces).toEqual([{ type: 'refused', index: 0, reason: 'It is nested deeper than 20 levels.' }])
})
