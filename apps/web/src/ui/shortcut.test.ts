import { expect, test } from 'vitest'
import { isSingleKey, matchesShortcut, shortcutKeys } from './shortcut.ts'

const none = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }
// Only these properties of the event are read.
const press = (key: string, held: Partial<typeof none> = {}) =>
  Object.assign(Object.create(null), none, { key }, held)

test('mod is Control, and Command on a Mac', () => {
  expect(matchesShortcut(press('k', { ctrlKey: true }), 'mod+k', false)).toBe(true)
  expect(matchesShortcut(press('k', { metaKey: true }), 'mod+k', true)).toBe(true)
  expect(matchesShortcut(press('k', { ctrlKey: true }), 'mod+k', true)).toBe(false)
  expect(matchesShortcut(press('k'), 'mod+k', false)).toBe(false)
})

test('more modifiers than named are another shortcut', () => {
  expect(matchesShortcut(press('K', { ctrlKey: true, shiftKey: true }), 'mod+k', false)).toBe(false)
  expect(matchesShortcut(press('O', { ctrlKey: true, shiftKey: true }), 'mod+shift+o', false)).toBe(true)
  expect(matchesShortcut(press('?', { altKey: true }), '?', false)).toBe(false)
})

test('a sign may need Shift on this keyboard or not', () => {
  expect(matchesShortcut(press('?', { shiftKey: true }), '?', false)).toBe(true)
  expect(matchesShortcut(press('?'), '?', false)).toBe(true)
})

test('a sign with Shift is the key that it is printed on, whatever it gives', () => {
  expect(matchesShortcut(press(':', { ctrlKey: true, shiftKey: true }), 'mod+shift+;', false)).toBe(true)
  expect(matchesShortcut(press(';', { ctrlKey: true, shiftKey: true }), 'mod+shift+;', false)).toBe(true)
  expect(matchesShortcut(press(';', { ctrlKey: true }), 'mod+shift+;', false)).toBe(false)
})

test('keys are written as they are printed', () => {
  expect(shortcutKeys('mod+shift+o', true)).toEqual(['⌘', '⇧', 'O'])
  expect(shortcutKeys('mod+enter', false)).toEqual(['Ctrl', 'Enter'])
  expect(isSingleKey('?')).toBe(true)
  expect(isSingleKey('mod+k')).toBe(false)
})
