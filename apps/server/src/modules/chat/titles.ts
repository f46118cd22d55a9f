import { randomUUID } from 'node:crypto'
import type { CallResult, Models } from '#modules/models'
import type { Bus } from '#platform/bus'
import type { Database } from '#platform/db'
import type { DomainEvent } from '#platform/events'
import { spanIdOf, traceIdOf, type TracePlace } from '#platform/telemetry'
import { changedNotice } from './changes.ts'
import { setModelTitle } from './conversation-store.ts'
import { storableText } from './storable.ts'
import { titleMaterial, type TitleMaterial } from './title-views.ts'
import type { TurnSpans } from './turn-spans.ts'

export type Titles = ReturnType<typeof createTitles>

const maxChars = 80
/** How much of each text the model sees. */
const excerptChars = 1200
const timeoutMs = 30_000

const instructions =
  'Write a title for this conversation: at most six words, in the language of the conversation, no quotes, no period. Answer with the title only.'

/** Names conversations that nobody has named, once their first answer has ended, in whatever way. */
export function createTitles(options: { db: Database; bus: Bus; models: Models; spans: TurnSpans }) {
  const { db, bus, models, spans } = options

  const ask = async (event: DomainEvent, material: TitleMaterial): Promise<string> => {
    let text = ''
    const { workspaceId } = event
    const { personId, model } = material
    const question = `User: ${material.question.slice(0, excerptChars)}\n\nAssistant: ${material.answer.slice(0, excerptChars)}`
    const conversationId = String(event.payload['conversationId'])
    const place = placeAfter(event)
    const spanId = spanIdOf(randomUUID())
    const startedAtMs = Date.now()
    const result = await models.stream(
      {
        workspaceId,
        personId,
        purpose: 'title',
        model,
        session: conversationId,
        trace: { traceId: place.traceId, parentId: spanId },
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
    const about = { workspaceId, personId, conversationId, place, spanId, startedAtMs }
    spans.jobEnded({ ...about, name: 'job chat.title', error: failureOf(result) })
    return result.status === 'finished' ? text : ''
  }

  /** Empty when there is no answer to speak of, or when the model gives no title. */
  const fromModel = async (event: DomainEvent, material: TitleMaterial): Promise<string> =>
    material.answer.trim() === '' ? '' : cleaned(await ask(event, material))

  return {
    /** Handles `turn-finished`; does nothing when there is a title already. */
    onTurnFinished: async (event: DomainEvent): Promise<void> => {
      const conversationId = String(event.payload['conversationId'])
      const material = await db.readWorkspace(event.workspaceId, (tx) => titleMaterial(tx, conversationId))
      if (!material) return
      const title = (await fromModel(event, material)) || fromQuestion(material)
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

/** In the trace of the turn that it follows. */
function placeAfter({ payload }: DomainEvent): TracePlace {
  const { traceId, runId } = payload
  return typeof traceId === 'string'
    ? { traceId, parentId: spanIdOf(String(runId)) }
    : { traceId: traceIdOf(randomUUID()), parentId: null }
}

const failureOf = ({ error }: CallResult) => error && { type: error.code, message: error.message }

/** The beginning of what was asked: its first sentence in words, else the first file that came with it. */
export function fromQuestion({ question, fileNames }: Pick<TitleMaterial, 'question' | 'fileNames'>): string {
  const prose = question.replaceAll(/```[\s\S]*?(```|$)/g, '\n')
  const line =
    prose
      .split('\n')
      .find((one) => /[\p{L}\p{N}]/u.test(one))
      ?.trim() ?? ''
  const sentence = /^.{12,}?[.?!](?=\s)/u.exec(line)?.[0] ?? line
  return cleaned(sentence) || cleaned(question) || cleaned(fileNames[0] ?? '') || 'New conversation'
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
