import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Person } from '@atrium/testkit'
import { startAtrium, type Finished, type Running } from './run.ts'

/** An empty configuration folder, which goes with the scope. */
export async function configFolder(scope: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-cli-'))
  scope.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Signs in by the device flow, as somebody with a browser beside the terminal does. */
export async function signIn(
  person: Person,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Finished> {
  const login = startAtrium(['login', ...args], { env })
  const userCode = await shownCode(login)
  await person.client.get(`/api/v1/auth/device-codes/${userCode}`)
  await person.client.post(`/api/v1/auth/device-codes/${userCode}/decisions`, { approve: true })
  return login.done
}

/** The code that a sign-in under way shows. */
export async function shownCode(login: Running): Promise<string> {
  for await (const line of login.errorLines) {
    const code = /\b[A-Z2-9]{4}-[A-Z2-9]{4}\b/.exec(line)?.[0]
    if (code) return code
  }
  throw new Error('no code was shown')
}
