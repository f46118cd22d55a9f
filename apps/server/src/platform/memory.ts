import { Session } from 'node:inspector'

/**
 * Collects all garbage and gives the memory back to the system, in about 70 ms.
 *
 * For the moment after starting: loading the program grows V8's young generation to some 50 MB. V8 shrinks it by itself
 * too, but not before a minute or two of quiet. The inspector's protocol is the documented way to ask for it.
 */
export async function releaseMemory(): Promise<void> {
  const session = new Session()
  session.connect()
  try {
    await new Promise<void>((resolve, reject) => {
      session.post('HeapProfiler.collectGarbage', (error) => (error ? reject(error) : resolve()))
    })
  } finally {
    session.disconnect()
  }
}
