import { type ComponentType, lazy } from 'react'

/** A screen in a file of its own, read when it is first shown. */
export function lazyScreen<P extends object>(read: () => Promise<ComponentType<P>>) {
  return lazy(async () => ({ default: await read() }))
}
