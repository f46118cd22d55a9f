import { setTimeout as sleep } from 'node:timers/promises'
import type { APIRequestContext } from 'playwright-core'

/** The first person of an installation. */
export const owner = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  password: 'correct horse battery staple',
}

/** What a new conversation is answered by, unless a test chooses otherwise. */
const usualModel = 'openai/fake-1'

interface SignedIn {
  workspaces: { id: string }[]
}

/** Creates the owner of an empty installation, whose conversations begin with the fake provider's model. */
export async function signUpOwner(request: APIRequestContext, url: string): Promise<void> {
  const data = { ...owner, workspaceName: 'Analytical Engines' }
  const { workspaces } = await answerOf<SignedIn>(request.post(`${url}/api/v1/auth/sign-up`, { data }))
  const workspace = `${url}/api/v1/workspaces/${workspaces[0]?.id}`
  // The provider's models are read in the background.
  for (;;) {
    const { data: models } = await answerOf<{ data: { id: string }[] }>(request.get(`${workspace}/models`))
    if (models.some(({ id }) => id === usualModel)) break
    await sleep(100)
  }
  await answerOf(request.patch(workspace, { data: { defaultModel: usualModel } }))
}

/** Signs in; the request context keeps the session's cookie. */
export async function signIn(request: APIRequestContext, url: string): Promise<void> {
  const { email, password } = owner
  await answerOf(request.post(`${url}/api/v1/auth/sign-in`, { data: { email, password } }))
}

async function answerOf<T>(reply: ReturnType<APIRequestContext['get']>): Promise<T> {
  const response = await reply
  if (!response.ok())
    throw new Error(`${response.url()} answered ${response.status()}: ${await response.text()}`)
  // The caller names the form that the endpoint answers with.
  return (await response.json()) as T
}
