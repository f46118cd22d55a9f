/** Starts one program for the test files that need none of their own. */
import { request } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { startApp } from './app.ts'
import { signUpOwner } from './owner.ts'
import type { AppAddresses } from './provider.ts'

declare module 'vitest' {
  interface ProvidedContext {
    app: AppAddresses
  }
}

/** Called by vitest before the first test file; the returned function after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const app = await startApp({ connected: true })
  const caller = await request.newContext()
  await signUpOwner(caller, app.url)
  await caller.dispose()
  project.provide('app', { url: app.url, providerUrl: app.provider.url })
  return async () => {
    await app[Symbol.asyncDispose]()
  }
}
