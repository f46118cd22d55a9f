import { AppError } from '#platform/errors'

/** Imports that one process runs at the same time: each may need memory for one large conversation. */
const maxRunning = 4

/** Admits one import per person, and a few in all. */
export function createGate() {
  const running = new Set<string>()
  return {
    /** @throws AppError 409 while this person's import runs, 503 while there are too many */
    enter(personId: string): Disposable {
      if (running.has(personId))
        throw new AppError('RESOURCE_CONFLICT', 'Another import of yours is still running.')
      if (running.size >= maxRunning) {
        throw new AppError('SERVICE_UNAVAILABLE', 'Other imports are running. Try again shortly.', {
          retryAfterSeconds: 10,
        })
      }
      running.add(personId)
      return { [Symbol.dispose]: () => void running.delete(personId) }
    },
  }
}
