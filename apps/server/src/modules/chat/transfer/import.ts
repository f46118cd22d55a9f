import { createHash } from 'node:crypto'
import { setImmediate as otherWork } from 'node:timers/promises'
import type { ImportReport } from '@atrium/contract'
import { ZodError } from 'zod'
import type { Bus } from '#platform/bus'
import type { Clock } from '#platform/clock'
import type { Database, Tx } from '#platform/db'
import { AppError } from '#platform/errors'
import type { Member } from '#platform/http'
import { changedNotice } from '../changes.ts'
import { insertConversation } from '../conversation-store.ts'
import { setLeaf } from '../store.ts'
import { fromChatGpt } from './chatgpt.ts'
import { checkDraft, shown } from './checks.ts'
import { fromClaude } from './claude.ts'
import { parse, pieces, recognise, type ImportFormat } from './document.ts'
import { ConversationRefused, type ConversationDraft } from './draft.ts'
import { createGate } from './gate.ts'
import type { Piece } from './json-items.ts'
import { fromOwn } from './own.ts'
import { chunksOf, importKeyOf, rowsOf } from './rows.ts'
import { insertImported, insertRatings } from './store.ts'
import { receive } from './upload.ts'
import { conversationOf } from './views.ts'

export interface ImporterOptions {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
}

const converters: Readonly<Record<ImportFormat, (value: unknown, fallbackId: string) => ConversationDraft>> =
  {
    atrium: fromOwn,
    chatgpt: fromChatGpt,
    claude: fromClaude,
  }

export const maxUploadBytes = 256 * 2 ** 20

/**
 * Imports a file of conversations for a person. Each conversation comes in whole or is reported as failed; one that
 * is here already, by an earlier import or because it was exported from here, is skipped, so that a file may be sent
 * again after any failure.
 */
export function createImporter({ db, bus, clock }: ImporterOptions) {
  const gate = createGate()

  const save = (member: Member, format: ImportFormat, draft: ConversationDraft): Promise<boolean> => {
    const { workspaceId, personId } = member
    const importKey = importKeyOf(format, draft.sourceId)
    const { conversation, messages, leafId } = rowsOf(draft, {
      workspaceId,
      personId,
      importKey,
      now: clock.now(),
    })
    return db.withWorkspace(workspaceId, async (tx) => {
      if (format === 'atrium' && (await isHere(tx, personId, draft.sourceId))) return false
      if (!(await insertConversation(tx, conversation))) return false
      const at = { workspaceId, personId, conversationId: conversation.id }
      for (const chunk of chunksOf(messages)) {
        await insertImported(tx, at, chunk)
        await insertRatings(tx, at, chunk)
      }
      if (leafId) await setLeaf(tx, workspaceId, conversation.id, personId, leafId)
      await changedNotice(bus, tx, { kind: 'conversation', ...at })
      return true
    })
  }

  const take = async (
    member: Member,
    format: ImportFormat,
    piece: Extract<Piece, { type: 'item' }>,
    report: Report,
  ) => {
    const value = parse(piece.bytes)
    await otherWork()
    try {
      if (value === undefined) throw new ConversationRefused('It is not valid JSON in UTF-8.')
      const draft = converters[format](value, createHash('sha256').update(piece.bytes).digest('hex'))
      await otherWork()
      checkDraft(draft)
      if (await save(member, format, draft)) report.imported++
      else report.skipped++
    } catch (error) {
      report.fail(titleOf(value, piece.index), reasonOf(error))
    }
  }

  /** @throws AppError 400, 413, 415 for the file; 409, 503 while other imports run */
  return async (member: Member, source: AsyncIterable<Uint8Array>): Promise<ImportReport> => {
    using _entered = gate.enter(member.personId)
    await using upload = await receive(source, maxUploadBytes)
    using _place = await gate.takePlace()
    const format = await recognise(upload)
    const report = new Report()
    for await (const piece of pieces(upload)) {
      if (piece.type === 'item') await take(member, format, piece, report)
      else if (piece.type === 'refused') report.fail(titleOf(undefined, piece.index), piece.reason)
    }
    return report.result(format)
  }
}

/**
 * Whether our own document names a conversation that this person has in this workspace: then it is the original, which
 * has all that its export has. One that was deleted is not here; its export brings it back under an id of its own.
 */
async function isHere(tx: Tx, personId: string, sourceId: string): Promise<boolean> {
  return isUuid.test(sourceId) && (await conversationOf(tx, personId, sourceId)).length > 0
}

const isUuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Most failures that are listed by name. */
const listedFailures = 200

class Report {
  imported = 0
  skipped = 0
  #failures = 0
  readonly #listed: { title: string; reason: string }[] = []

  fail(title: string, reason: string): void {
    if (++this.#failures <= listedFailures) this.#listed.push({ title, reason })
  }

  result(format: ImportFormat): ImportReport {
    const { imported, skipped } = this
    const unlisted = this.#failures - this.#listed.length
    const more =
      unlisted > 0 ? [{ title: `${unlisted} more`, reason: 'Only the first failures are listed.' }] : []
    return { format, imported, skipped, failed: [...this.#listed, ...more] }
  }
}

/** How the person knows the conversation: its title, else its place in the file. */
function titleOf(value: unknown, index: number): string {
  const title = textMember(value, 'title') ?? textMember(value, 'name') ?? ''
  return shown(title, 200) || `Conversation ${index + 1}`
}

function textMember(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const member: unknown = Object.getOwnPropertyDescriptor(value, name)?.value
  return typeof member === 'string' ? member : undefined
}

/**
 * Why a conversation failed, for the person.
 * @throws the error when the next conversation would fail for the same reason, such as a database that is away
 */
function reasonOf(error: unknown): string {
  if (error instanceof ConversationRefused) return error.message
  if (error instanceof ZodError) {
    const [issue] = error.issues
    return shown(
      `It has an unexpected form at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'invalid'}.`,
      300,
    )
  }
  if (!(error instanceof AppError) && isDataError(error)) return 'The database refuses a value in it.'
  throw error
}

/** PostgreSQL's classes for values that it cannot take: 22 data exception, 54 program limit exceeded. */
const isDataError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(22|54)/.test(error.code)
