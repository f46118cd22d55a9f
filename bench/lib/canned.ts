/** Calls to the provider that answers each of them with the same bytes. */
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent } from 'undici'
import { openApi } from './api.ts'
import type { Atrium } from './atrium.ts'
import { endProgram, startProgram } from './processes.ts'
import { repository } from './repository.ts'

/** Whom a call is sent to. */
export interface Callee {
  readonly url: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
}

const question = 'What is the least that a proxy can do, and what does everything else cost?'

/** Starts a program of `bench/programs` that says where it listens. */
export async function startListening(
  scope: AsyncDisposableStack,
  file: string,
  args: readonly string[],
): Promise<{ url: string; pid: number }> {
  const main = join(repository, 'bench/programs', file)
  const program = startProgram([main, ...args], { PATH: process.env['PATH'] ?? '' })
  scope.defer(() => endProgram(program))
  const [, url = ''] = await program.line(/listening on (\S+)/)
  return { url, pid: program.pid }
}

/** Waits until a server lists the model of the canned provider. */
export async function untilListed(atrium: Atrium): Promise<void> {
  await using api = await openApi(atrium)
  const deadline = performance.now() + 20_000
  for (;;) {
    const { text } = await api.send({ path: `${api.base}/models` })
    if (text.includes('"openai/canned-1"')) return
    if (performance.now() > deadline) throw new Error(`the model is not listed: ${text.slice(0, 500)}`)
    await sleep(50)
  }
}

/** Sends a call and reads its answer to the end; gives the milliseconds to its first byte, NaN when it failed. */
export async function call(agent: Agent, { url, model, headers }: Callee, stream: boolean): Promise<number> {
  const startedAt = performance.now()
  const { statusCode, body } = await agent.request({
    origin: url,
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: question }] }),
  })
  let first = Number.NaN
  let end = ''
  body.setEncoding('latin1')
  body.on('data', (chunk: string) => {
    if (Number.isNaN(first)) first = performance.now() - startedAt
    end = chunk
  })
  await once(body, 'end')
  const isWhole = statusCode === 200 && (stream ? end.includes('[DONE]') : end.endsWith('}'))
  return isWhole ? first : Number.NaN
}
