import type { JobRegistry } from '#platform/jobs'
import { turnFinished } from './finish.ts'
import type { Chat } from './index.ts'
import { dropOldEvents } from './store.ts'

/** Background work of the chat: titles, and forgetting what nobody needs any more. */
export async function jobs(registry: JobRegistry, chat: Chat): Promise<void> {
  await registry.on(turnFinished, 'chat.title', chat.titles.onTurnFinished, { concurrency: 4, retries: 3 })
  await registry.schedule('chat.tidy', '17 * * * *', async () => {
    await chat.jobDb.transaction(dropOldEvents)
    await chat.purge()
  })
}
