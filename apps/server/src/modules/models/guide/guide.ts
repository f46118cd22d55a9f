import { fileURLToPath } from 'node:url'
import { usageOf, type Finish } from '@atrium/wire'
import { estimateInput } from '../router/estimate.ts'
import type { CallPurpose, ReplyPart, RoutedRequest } from '../types.ts'
import { play, type Pace } from './play.ts'
import type { Script } from './script.ts'

export interface GuideOptions {
  /** Folder of the guide's pages, Markdown. */
  readonly folder?: string
  readonly pace?: Partial<Pace>
}

/** The built-in guide as something that the router can call like a model. */
export interface Guide {
  /**
   * Streams an answer and gives how it ended.
   * @throws the signal's reason when aborted
   */
  run(
    purpose: CallPurpose,
    request: RoutedRequest,
    signal: AbortSignal,
    emit: (parts: ReplyPart[]) => void,
  ): Promise<Finish>
}

const bundled = fileURLToPath(new URL('../../../../../../docs/guide/', import.meta.url))
const naturalPace: Pace = { tokensPerSecond: 120, tickMs: 25 }

export function createGuide(options: GuideOptions = {}): Guide {
  const pace = { ...naturalPace, ...options.pace }
  let writer: Promise<Writer> | undefined
  return {
    run: async (purpose, request, signal, emit) => {
      writer ??= openWriter(options.folder ?? bundled)
      const played = await play((await writer)(purpose, request), {
        pace,
        signal,
        maxTokens: request.maxOutputTokens,
        emit,
      })
      const usage = usageOf(
        { uncached: estimateInput(request), text: played.textTokens, reasoning: played.reasoningTokens },
        { by: 'atrium/guide' },
      )
      return { type: 'finish', reason: { unified: played.reason, raw: played.reason }, usage }
    },
  }
}

/** Decides what to say. */
type Writer = (purpose: CallPurpose, request: RoutedRequest) => Script

/** The guide's knowledge and its wits are loaded at its first word; a server that has models may never need them. */
async function openWriter(folder: string): Promise<Writer> {
  const [{ openLibrary }, { answer, titleScript }] = await Promise.all([
    import('./library.ts'),
    import('./answer.ts'),
  ])
  const library = await openLibrary(folder)
  return (purpose, request) => (purpose === 'title' ? titleScript(request) : answer(request, library))
}
