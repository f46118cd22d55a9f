import { expect, test } from 'vitest'
import { searchCommands } from './command-search.ts'

const command = (title: string, keywords = '') => ({ id: title, title, keywords, run: () => {} })
const commands = [
  command('Open dark theme', 'appearance'),
  command('New chat'),
  command('Search conversations', 'find'),
  command('Chat settings'),
]
const found = (query: string) => searchCommands(commands, query).map(({ title }) => title)

test('without a query every command stays in its order', () => {
  expect(found('  ')).toEqual(commands.map(({ title }) => title))
})

test('a title that starts with the query comes before one that contains it', () => {
  expect(found('chat')).toEqual(['Chat settings', 'New chat'])
})

test('every word must be found, in title or keywords', () => {
  expect(found('appearance dark')).toEqual(['Open dark theme'])
  expect(found('dark chat')).toEqual([])
})
