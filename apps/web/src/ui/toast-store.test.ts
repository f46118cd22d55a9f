import { expect, test, vi } from 'vitest'
import { createToastStore } from './toast-store.ts'

const messages = (store: ReturnType<typeof createToastStore>) => store.get().map(({ message }) => message)

test('the newest three toasts are kept', () => {
  const store = createToastStore()
  for (const message of ['a', 'b', 'c', 'd']) store.show({ message })
  expect(messages(store)).toEqual(['b', 'c', 'd'])
})

test('a toast with the key of an earlier one takes its place', () => {
  const store = createToastStore()
  store.show({ message: 'a', key: 'update' })
  store.show({ message: 'b' })
  store.show({ message: 'c', key: 'update' })
  expect(messages(store)).toEqual(['b', 'c'])
})

test('showing tells the listeners and answers how to take it away', () => {
  const store = createToastStore()
  const listener = vi.fn()
  store.subscribe(listener)
  const dismiss = store.show({ message: 'a' })
  dismiss()
  expect(messages(store)).toEqual([])
  expect(listener).toHaveBeenCalledTimes(2)
})
