import { AppError } from '#platform/errors'
import { createPlaces } from '../places.ts'

/** Imports that one process runs at the same time: each may need memory for one large conversation. */
const maxRunning = 4
/** Files that are received, wait for their turn or are read at the same time: they lie on the disk. */
const maxUploads = 32
/** How long an import waits for others, in milliseconds. */
const waitMs = 30_000

const tooMany = (): AppError =>
  new AppError('SERVICE_UNAVAILABLE', 'Other imports are running. Try again shortly.', {
    retryAfterSeconds: 10,
  })

/** Admits one import per person, and a few in all. */
export function createGate() {
  const people = new Set<string>()
  const places = createPlaces({ most: maxRunning, mostWaiting: maxUploads, waitMs, refusal: tooMany })
  return {
    /**
     * For the whole of an import, its upload included.
     * @throws AppError 409 while this person's import runs, 503 while there are too many uploads
     */
    enter(personId: string): Disposable {
      if (people.has(personId))
        throw new AppError('RESOURCE_CONFLICT', 'Another import of yours is still running.')
      if (people.size >= maxUploads) throw tooMany()
      people.add(personId)
      return { [Symbol.dispose]: () => void people.delete(personId) }
    },
    /**
     * For the work, once the file is there: slow uploads keep nobody waiting.
     * @throws AppError 503 when other imports take too long
     */
    takePlace: (): Promise<Disposable> => places.take('imports'),
  }
}
