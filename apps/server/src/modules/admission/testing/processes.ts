/** Processes of their own that let calls in, for tests that kill them. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { AdmissionRequest } from '../types.ts'
import type { Answer, Order } from './caller.ts'

export interface CallerProcess extends AsyncDisposable {
  /** Makes calls at once; gives how many were let in. They last until they are ended. */
  admit(request: AdmissionRequest, calls: number): Promise<number>
  /** Ends so many of the calls that were let in. */
  release(calls: number): Promise<void>
  signal(name: NodeJS.Signals): void
}

/** Starts a process with admission of its own on these databases. */
export async function startCaller(urls: { app: string; job: string }): Promise<CallerProcess> {
  const child = fork(join(import.meta.dirname, 'caller.ts'), [urls.app, urls.job])
  const exited = once(child, 'exit')
  const answer = async (): Promise<Answer> => {
    const [message] = (await once(child, 'message')) as [Answer]
    return message
  }
  const tell = async (order: Order): Promise<Answer> => {
    const answered = answer()
    child.send(order)
    return answered
  }
  await answer()
  return {
    admit: async (request, calls) => (await tell({ kind: 'admit', request, calls })).admitted,
    release: async (calls) => void (await tell({ kind: 'release', calls })),
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
