import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonItems } from './json-items.ts'
import { fromOwn, ownFormat, ownVersion } from './own.ts'
import { rowsOf } from './rows.ts'

/** Nodes under any earlier node, at times that often coincide. */
const anyTree = fc.array(
  fc.record({
    under: fc.nat(),
    role: fc.constantFrom('user', 'assistant'),
    text: fc.string(),
    atMs: fc.nat(3),
  }),
  { minLength: 1, maxLength: 40 },
)

const nameOf = (index: number): string => `m${String(index).padStart(2, '0')}`

test('a document that is read back has the same tree, in the same order, with the same leaf', () => {
  fc.assert(
    fc.property(anyTree, fc.nat(), (nodes, leaf) => {
      const messages = nodes.map(({ under, role, text, atMs }, index) => ({
        id: nameOf(index),
        parentId: index === 0 || under % (index + 1) === index ? null : nameOf(under % (index + 1)),
        role,
        content: [{ type: 'text', text: `${index} ${text}` }],
        createdAt: new Date(1_750_000_000_000 + atMs).toISOString(),
      }))
      const leafId = nameOf(leaf % nodes.length)
      const read = readBack({ id: 'c', title: 'T', createdAt: '', updatedAt: '', leafId, messages })
      const names = new Map<string | null, string>(read.messages.map((one) => [one.id, textOf(one)]))
      const texts = new Map<string | null, string>(messages.map((one) => [one.id, textOf(one)]))
      const before = messages.map((one) => [textOf(one), texts.get(one.parentId), one.createdAt])
      const after = read.messages.map((one) => [
        textOf(one),
        names.get(one.parentId),
        one.createdAt.toISOString(),
      ])
      expect(after.toSorted(byText)).toEqual(before.toSorted(byText))
      expect(names.get(read.leafId)).toBe(texts.get(leafId))
      expect(siblingsOf(read.messages)).toEqual(siblingsOf(messages))
    }),
    { numRuns: 300 },
  )
})

function readBack(conversation: object): ReturnType<typeof rowsOf> {
  const items = new JsonItems('conversations', { itemBytes: 2 ** 20, depth: 20, values: 10_000 })
  const pieces = items.push(
    Buffer.from(JSON.stringify({ format: ownFormat, version: ownVersion, conversations: [conversation] })),
  )
  items.end()
  const item = pieces.find((piece) => piece.type === 'item')
  const draft = fromOwn(JSON.parse(item?.bytes.toString() ?? 'null'))
  return rowsOf(draft, { workspaceId: 'w', personId: 'p', importKey: 'k', now: new Date() })
}

interface Node {
  readonly id: string
  readonly parentId: string | null
  readonly createdAt: Date | string
  readonly content: readonly object[]
}

const textOf = ({ content: [part] }: { readonly content: readonly object[] }): string =>
  part && 'text' in part ? String(part.text) : ''

const byText = ([a]: readonly unknown[], [b]: readonly unknown[]): number =>
  String(a).localeCompare(String(b))

/** Texts of siblings in the order in which they are shown: by time, then by id. */
function siblingsOf(nodes: readonly Node[]): string[][] {
  const place = (node: Node): string => `${new Date(node.createdAt).toISOString()} ${node.id}`
  const groups = Map.groupBy(nodes, (node) => node.parentId)
  const texts = [...groups.values()].map((group) =>
    group.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)).map(textOf),
  )
  return texts.toSorted((a, b) => byText(a, b))
}
