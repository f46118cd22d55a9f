import type { SpanDetail } from '@atrium/contract'

export interface Failure {
  title: string
  message: string
  stack: string
}

/** What a span tells of how it failed: its status, its kind of error, and the exceptions among its events. Null when it did not. */
export function failureOf({ status, statusMessage, errorType, events }: SpanDetail): Failure | null {
  const exception = events.findLast(({ name }) => name === 'exception')
  if (status !== 'error' && !exception) return null
  const told = (name: string): string => {
    const value = exception?.attributes.find((attribute) => attribute.name === name)?.value
    return typeof value === 'string' ? value : ''
  }
  // `_OTHER` is what the conventions have for an error without a kind.
  const kind = (errorType === '_OTHER' ? null : errorType) ?? told('exception.type')
  const messages = new Set([statusMessage, told('exception.message')].filter((text) => text !== ''))
  return {
    title:
      status === 'error'
        ? kind
          ? `Failed: ${kind}`
          : 'Failed'
        : `An exception was met: ${kind || 'of no kind'}`,
    message: [...messages].join('\n'),
    stack: told('exception.stacktrace'),
  }
}
