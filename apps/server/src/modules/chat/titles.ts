import type { Models } from '#modules/models'
import type { Bus } from '#platform/bus'
import type { Database } from '#platform/db'
import type { DomainEvent } from '#platform/events'
import { changedNotice } from './changes.ts'
import { setModelTitle } from './conversation-store.ts'
import { storableText } from './storable.ts'
import { titleMaterial, type TitleMaterial } from './title-views.ts'

export type Titles = ReturnType<typeof createTitles>

const maxChars = 80
/** How much of each text the model sees. */
const excerptChars = 1200
const timeoutMs = 30_000

const instructions =
  'Write a title for this conversation: at most six words, in the language of the conversation, no quotes, no period. Answer with the title only.'

/** Names conversations that nobody has named, once their first answer is there. */
export function createTitles(options: { db: Database; bus: Bus; models: Models }) {
  const { db, bus, models } = options

  const ask = async (workspaceId: string, material: TitleMaterial): Promise<string> => {
    let text = ''
    const question = `User: ${material.question.slice(0, excerptChars)}\n\nAssistant: ${material.answer.slice(0, excerptChars)}`
    const result = await models.stream(
      {
        workspaceId,
        personId: material.personId,
        purpose: 'title',
        model: material.model,
        signal: AbortSignal.timeout(timeoutMs),
        request: {
          stream: true,
          maxOutputTokens: 40,
          system: [{ type: 'text', text: instructions }],
          messages: [{ role: 'user', content: [{ type: 'text', text: question }] }],
        },
      },
      (parts) => {
        for (const part of parts) if (part.type === 'text-delta') text += part.delta
      },
    )
    return result.status === 'finished' ? text : ''
  }

  return {
    /** Handles `turn-finished`; does nothing when there is a title already. */
    onTurnFinished: async (event: DomainEvent): Promise<void> => {
      const conversationId = String(event.payload['conversationId'])
      const material = await db.readWorkspace(event.workspaceId, (tx) => titleMaterial(tx, conversationId))
      if (!material) return
      const title =
        cleaned(await ask(event.workspaceId, material)) || cleaned(material.question) || 'New conversation'
      await db.withWorkspace(event.workspaceId, async (tx) => {
        if (!(await setModelTitle(tx, event.workspaceId, conversationId, title))) return
        await changedNotice(bus, tx, {
          kind: 'conversation',
          workspaceId: event.workspaceId,
          personId: material.personId,
          conversationId,
        })
      })
    },
  }
}

/** One line, no quotes around it, short enough for the list. */
export function cleaned(text: string): string {
  const line =
    storableText(text)
      .trim()
      .split(/\r?\n/)[0]
      ?.replace(/^["'“”«#*\s]+|["'“”»*\s.]+$/g, '') ?? ''
  if (line.length <= maxChars) return line
  const cut = line.slice(0, maxChars)
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), maxChars / 2)).toWellFormed()}…`
}
